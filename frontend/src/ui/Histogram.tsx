import styles from './Histogram.module.css'

export type HistogramProps = {
  counts: readonly number[]
  /** What a screen reader says in place of the drawing. */
  label: string
  height?: number
}

/** Counts as bars, small enough for a card. */
export function Histogram({ counts, label, height = 48 }: HistogramProps) {
  const most = Math.max(1, ...counts)
  const step = 100 / Math.max(1, counts.length)
  return (
    <svg
      className={styles.histogram}
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      style={{ height }}
      role="img"
      aria-label={label}
    >
      {counts.map((count, index) => {
        // A bar of a few among many still shows.
        const tall = count === 0 ? 0 : Math.max(3, (count / most) * 100)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name than their place
          <rect key={index} x={index * step} y={100 - tall} width={step * 0.9} height={tall} />
        )
      })}
    </svg>
  )
}
