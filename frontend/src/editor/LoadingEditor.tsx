import { Skeleton } from '@mantine/core'
import classes from './EditorScreen.module.css'
import { isNarrow } from './isNarrow'

const BLOCKS = [0, 1, 2] as const

/** The bars of the editor, before there is a graph to draw between them. */
export function LoadingEditor() {
  const hasPanels = !isNarrow()
  return (
    <div className={classes.screen} data-left={hasPanels} data-right={hasPanels} aria-busy="true">
      <header className={classes.waitingBar}>
        <Skeleton height={16} width={180} />
      </header>
      {hasPanels && (
        <aside data-side="left" className={classes.waitingPanel}>
          <Skeleton height={32} />
          <Skeleton height={16} width="60%" />
          <Skeleton height={16} width="72%" />
          <Skeleton height={16} width="54%" />
        </aside>
      )}
      <div className={classes.waitingCanvas}>
        {BLOCKS.map((block) => (
          <Skeleton key={block} height={104} width={200} radius="md" />
        ))}
      </div>
      {hasPanels && (
        <aside data-side="right" className={classes.waitingPanel}>
          <Skeleton height={16} width="40%" />
          <Skeleton height={16} width="72%" />
        </aside>
      )}
    </div>
  )
}
