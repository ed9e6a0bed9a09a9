import { useTranslation } from 'react-i18next'
import { isMoving, useRun } from '@/api/runs'
import type { RunLine } from '@/contracts'
import { formatShare } from '@/lib/format'
import { progressOf, statusOfRun } from '@/lib/status'
import { StatusBadge } from '@/ui'

function MovingBadge({ run }: { run: RunLine }) {
  const { t } = useTranslation()
  const { data } = useRun(run.id, { follow: true })
  const state = data?.state ?? run.state
  if (state !== 'running' || !data) return <StatusBadge status={statusOfRun(state)} />
  return (
    <StatusBadge
      status="running"
      label={t('run.runningShare', { share: formatShare(progressOf(data.nodes)) })}
    />
  )
}

/** State of a run; while it moves, how far it is. */
export function RunBadge({ run }: { run: RunLine }) {
  return isMoving(run) ? <MovingBadge run={run} /> : <StatusBadge status={statusOfRun(run.state)} />
}
