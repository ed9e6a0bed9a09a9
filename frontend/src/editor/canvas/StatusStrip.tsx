import { useWords } from '@/lib/useWords'
import type { NodeRun } from '@/live/runState'
import { StatusIcon } from '../StatusIcon'
import { type NodeLook, removalOf } from '../status'
import type { Problem } from '../store/check'
import classes from './GraphNode.module.css'

interface StatusStripProps {
  readonly look: NodeLook
  readonly run: NodeRun | undefined
  readonly problems: readonly Problem[] | undefined
  readonly isStale: boolean
}

/** State as colour, icon and word; then the result, the cause, or how far it is. */
export function StatusStrip({ look, run, problems, isStale }: StatusStripProps) {
  const t = useWords('editor')
  const percent = Math.round((run?.progress ?? 0) * 100)
  const word =
    look === 'running' && percent > 0 ? t('status.runningShare', { percent }) : t(`common:status.${look}`)
  const isRemoved = removalOf(run) !== null
  const shown = isRemoved && (look === 'done' || look === 'cached') ? 'ready' : look
  const detail = shown === look ? detailOf(look, run, problems) : ''
  return (
    <footer className={classes.strip} style={{ '--look': `var(--status-${shown})` } as React.CSSProperties}>
      <span className={classes.state}>
        <StatusIcon look={shown} size={14} />
        {shown !== look ? t('removed.strip') : isStale ? t('status.stale', { word }) : word}
      </span>
      {detail && (
        <span className={classes.detail} title={detail}>
          {detail}
        </span>
      )}
      {look === 'running' && (
        <span
          className={classes.progress}
          role="progressbar"
          aria-valuenow={percent}
          aria-label={word}
          data-unknown={percent === 0}
        >
          <span style={{ width: `${percent}%` }} />
        </span>
      )}
    </footer>
  )
}

function detailOf(
  look: NodeLook,
  run: NodeRun | undefined,
  problems: readonly Problem[] | undefined,
): string {
  switch (look) {
    case 'running':
      return run?.progressText ?? ''
    case 'failed':
      return run?.error?.message ?? ''
    case 'done':
    case 'cached':
      return run?.headline ?? ''
    case 'unconfigured':
    case 'warning':
      return problems?.[0]?.message ?? ''
    default:
      return ''
  }
}
