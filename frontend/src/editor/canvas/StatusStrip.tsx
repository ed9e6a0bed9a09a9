import { messageText, storedText } from '@/lib/messages'
import { useWords } from '@/lib/useWords'
import { verdictOfOutputs } from '@/lib/verdict'
import type { NodeRun } from '@/live/runState'
import { VerdictBadge } from '@/ui'
import { type NodeAppearance, removalOf } from '../nodeAppearance'
import { StatusIcon } from '../StatusIcon'
import type { Problem } from '../store/check'
import { firstPart } from './firstPart'
import classes from './GraphNode.module.css'

interface StatusStripProps {
  readonly appearance: NodeAppearance
  readonly run: NodeRun | undefined
  readonly problems: readonly Problem[] | undefined
  readonly isStale: boolean
}

/** Letters of a verdict's word beside which a measure has room. */
const SHORT_WORD = 10

/** State as colour, icon and word; then the result, the cause, or how far it is. */
export function StatusStrip({ appearance, run, problems, isStale }: StatusStripProps) {
  const t = useWords('editor')
  const percent = Math.round((run?.progress ?? 0) * 100)
  const word =
    appearance === 'running' && percent > 0
      ? t('status.runningShare', { percent })
      : t(`common:status.${appearance}`)
  const isRemoved = removalOf(run) !== null
  const shown = isRemoved && (appearance === 'done' || appearance === 'cached') ? 'ready' : appearance
  const hasResult = shown === appearance && (appearance === 'done' || appearance === 'cached')
  const verdict = hasResult ? verdictOfOutputs(run?.outputs) : null
  const said = shown === appearance ? detailOf(appearance, run, problems) : ''
  const detail = hasResult ? firstPart(said, verdict !== null) : said
  const isLongVerdict = verdict !== null && t(`common:verdict.${verdict.state}`).length > SHORT_WORD
  return (
    <footer
      className={classes.strip}
      style={{ '--appearance': `var(--status-${shown})` } as React.CSSProperties}
    >
      <span className={classes.state}>
        <StatusIcon appearance={shown} size={14} />
        <span className={classes.word} data-hidden={verdict !== null && !isStale}>
          {shown !== appearance ? t('removed.strip') : isStale ? t('status.stale', { word }) : word}
        </span>
      </span>
      {verdict && <VerdictBadge verdict={verdict} />}
      {detail && (
        <span className={classes.detail} data-only-afar={isLongVerdict} title={said}>
          {detail}
        </span>
      )}
      {appearance === 'running' && (
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
  appearance: NodeAppearance,
  run: NodeRun | undefined,
  problems: readonly Problem[] | undefined,
): string {
  switch (appearance) {
    case 'running':
      return run ? storedText(run.progressText, run.progressTextParts) : ''
    case 'failed':
      return run?.error ? messageText(run.error) : ''
    case 'done':
    case 'cached':
      return run ? storedText(run.headline, run.headlineParts) : ''
    case 'unconfigured':
    case 'warning':
      return problems?.[0] ? messageText(problems[0]) : ''
    default:
      return ''
  }
}
