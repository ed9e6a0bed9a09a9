import { Button } from '@mantine/core'
import { IconArchiveOff, IconTargetArrow } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import { formatMoment } from '@/lib/format'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { removalOf } from '../nodeAppearance'
import type { RunActions } from '../useActions'
import classes from './Inspector.module.css'

/** Says that the result of a node was removed to free space, by which rule, and how to have it again. */
export function ResultRemoved({ node, run }: { node: string; run: RunActions }) {
  const { t } = useTranslation('editor')
  const mayEdit = useMayEdit()
  const removedAt = useLive((slice) => removalOf(slice.run?.nodes[node]))
  const isRunning = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  if (!removedAt) return null
  return (
    <section className={classes.removed} aria-label={t('removed.title')} data-testid="result-removed">
      <IconArchiveOff size={18} stroke={1.6} aria-hidden />
      <div>
        <p>
          <strong>{t('removed.on', { date: formatMoment(removedAt) })}</strong>
        </p>
        <p>{t('removed.rule')}</p>
        {mayEdit && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconTargetArrow size={14} />}
            disabled={isRunning}
            onClick={() => run.runTo(node)}
          >
            {t('removed.runToHere')}
          </Button>
        )}
      </div>
    </section>
  )
}
