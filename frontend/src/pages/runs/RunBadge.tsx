import { useTranslation } from 'react-i18next'
import { isMoving } from '@/api/runs'
import { formatShare } from '@/lib/format'
import { progressOf, statusOfRun } from '@/lib/status'
import { useFollowedRun } from '@/live/useFollowedRun'
import { StatusBadge } from '@/ui'

type Badged = { readonly id: string; readonly state: string }

function MovingBadge({ run }: { run: Badged }) {
  const { t } = useTranslation()
  const followed = useFollowedRun(run.id)
  const state = followed?.state ?? run.state
  if (state !== 'running' || !followed) return <StatusBadge status={statusOfRun(state)} />
  const share = formatShare(progressOf(Object.values(followed.nodes)))
  return <StatusBadge status="running" label={t('run.runningShare', { share })} />
}

/** State of a run; while it moves, how far it is. */
export function RunBadge({ run }: { run: Badged }) {
  return isMoving(run) ? <MovingBadge run={run} /> : <StatusBadge status={statusOfRun(run.state)} />
}
