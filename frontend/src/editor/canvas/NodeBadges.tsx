import { IconAlertTriangleFilled, IconExclamationCircleFilled, IconSnowflake } from '@tabler/icons-react'
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
      title={problems.map((problem) => problem.message).join('\n')}
      aria-label={t('problems.count', { count: problems.length })}
    >
      <Icon size={18} aria-hidden />
    </span>
  )
}
