import { Link } from 'react-router'

/** The mark: three nodes and the edge between them. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 28 28" aria-hidden="true">
      <path
        d="M7 7v9a5 5 0 0 0 5 5h9"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <circle cx="7" cy="7" r="3.6" fill="var(--kind-table)" />
      <circle cx="21" cy="21" r="3.6" fill="var(--kind-model)" />
      <circle cx="9" cy="18.4" r="2.2" fill="var(--surface)" stroke="var(--accent)" strokeWidth="1.8" />
    </svg>
  )
}

export function Logo() {
  return (
    <Link to="/" aria-label="LeptonWeb" style={{ display: 'flex' }}>
      <Mark />
    </Link>
  )
}
