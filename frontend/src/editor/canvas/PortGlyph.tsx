import { assertNever } from '@/lib/assertNever'
import type { ValueKind } from '../graph/types'

/** The shape that says the same as the colour of an edge. */
export function PortGlyph({ kind, size = 12 }: { kind: ValueKind; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      aria-hidden
      style={{ color: `var(--kind-${kind})`, display: 'block', overflow: 'visible' }}
    >
      <PortShape kind={kind} />
    </svg>
  )
}

function PortShape({ kind }: { kind: ValueKind }) {
  const solid = { fill: 'currentColor', stroke: 'var(--surface-raised)', strokeWidth: 1.5 }
  const hollow = { fill: 'var(--surface-raised)', stroke: 'currentColor', strokeWidth: 2 }
  switch (kind) {
    case 'table':
      return <rect x="1" y="1" width="10" height="10" rx="1.5" {...solid} />
    case 'model':
      return <circle cx="6" cy="6" r="5.5" {...solid} />
    case 'metrics':
      return <path d="M6 0 12 6 6 12 0 6Z" {...solid} />
    case 'study':
      return <path d="M6 1 11 6 6 11 1 6Z" {...hollow} />
    case 'report':
      return <path d="M0.5 1.5h7L12 6l-4.5 4.5h-7Z" {...solid} />
    case 'endpoint':
      return (
        <>
          <path d="M2 1h5a5 5 0 0 1 0 10H2Z" {...solid} />
          <path d="M0 4h2M0 8h2" stroke="currentColor" strokeWidth="1.5" fill="none" />
        </>
      )
    default:
      return assertNever(kind)
  }
}
