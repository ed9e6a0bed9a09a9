import {
  IconAlertTriangleFilled,
  IconArchiveOff,
  IconExclamationCircleFilled,
  IconSnowflake,
} from '@tabler/icons-react'
import { formatMoment } from '@/lib/format'
import { messageText } from '@/lib/messages'
import { useWords } from '@/lib/useWords'
import type { Problem } from '../store/check'
import classes from './GraphNode.module.css'

/** A mark on a node that keeps its result. */
export function FrozenBadge() {
  const t = useWords('editor')
  return (
    <span
      className={classes.frozen}
      role="img"
      title={t('freeze.badge')}
      aria-label={t('freeze.badge')}
      data-testid="frozen-badge"
    >
      <IconSnowflake size={14} aria-hidden />
    </span>
  )
}

/** A mark on a node whose result was removed to free space. */
export function RemovedBadge({ at }: { at: string }) {
  const t = useWords('editor')
  const words = t('removed.badge', { date: formatMoment(at) })
  return (
    <span className={classes.removed} role="img" title={words} aria-label={words} data-testid="removed-badge">
      <IconArchiveOff size={14} aria-hidden />
    </span>
  )
}

/** A mark on the corner with what is wrong before anything ran. */
export function NodeBadges({ problems }: { problems: readonly Problem[] | undefined }) {
  const t = useWords('editor')
  if (!problems || problems.length === 0) return null
  const isError = problems.some((problem) => problem.severity === 'error')
  const Icon = isError ? IconExclamationCircleFilled : IconAlertTriangleFilled
  return (
    <span
      className={classes.badge}
      data-severity={isError ? 'error' : 'warning'}
      role="img"
      title={problems.map(messageText).join('\n')}
      aria-label={t('problems.count', { count: problems.length })}
    >
      <Icon size={18} aria-hidden />
    </span>
  )
}
