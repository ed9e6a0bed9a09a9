import { Skeleton } from '@mantine/core'
import styles from './Loading.module.css'

const WIDTHS = ['92%', '76%', '84%', '68%', '88%', '72%']

/** Grey lines that keep the place of a list until it comes. */
export function LoadingRows({ count = 6, height = 36 }: { count?: number; height?: number }) {
  return (
    <div aria-busy="true" className={styles.rows}>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey lines have no other name than their place
        <div key={index} className={styles.row} style={{ height }}>
          <Skeleton height={12} width={WIDTHS[index % WIDTHS.length] ?? '80%'} />
        </div>
      ))}
    </div>
  )
}

/** Grey cards that keep the place of a grid until it comes. */
export function LoadingCards({ count = 6, height = 160 }: { count?: number; height?: number }) {
  return (
    <div aria-busy="true" className={styles.cards}>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Skeleton key={index} height={height} />
      ))}
    </div>
  )
}
