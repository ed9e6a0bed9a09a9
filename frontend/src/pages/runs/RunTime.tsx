import { isMoving } from '@/api/runs'
import type { RunLine } from '@/contracts'
import { formatDuration, secondsBetween } from '@/lib/format'
import { useNow } from '@/ui'

type Timed = Pick<RunLine, 'state' | 'started_at' | 'finished_at'>

/** How long a run took, counting on while it moves. */
export function RunTime({ run }: { run: Timed }) {
  const now = useNow(isMoving(run))
  return run.started_at ? formatDuration(secondsBetween(run.started_at, run.finished_at, now)) : '–'
}
