import { useQueries } from '@tanstack/react-query'
import { isMoving, runKeys } from '@/api/runs'
import type { Run, RunEvent } from '@/contracts'
import { reduceAll } from '@/live/reduce'
import { fromSnapshot, type RunState } from '@/live/runState'
import { serverSource } from '@/live/serverSource'

async function readEvents(id: string): Promise<RunEvent[]> {
  const all: RunEvent[] = []
  for (;;) {
    const after = all.at(-1)?.seq ?? 0
    const { events, last_seq } = await serverSource.fetchEvents(id, after)
    all.push(...events)
    if (events.length === 0 || (all.at(-1)?.seq ?? 0) >= last_seq) return all
  }
}

/** Each run with the curves that its nodes drew while they worked; those of runs that move are read again. */
export function useCurves(runs: readonly Run[]): (RunState | undefined)[] {
  return useQueries({
    queries: runs.map((run) => ({
      queryKey: [...runKeys.one(run.id), 'curves', run.state],
      queryFn: async () =>
        reduceAll({ ...fromSnapshot(run), seq: 0, snapshotSeq: 0 }, await readEvents(run.id)),
      staleTime: isMoving(run) ? 0 : Number.POSITIVE_INFINITY,
      refetchInterval: isMoving(run) ? 2_000 : (false as const),
    })),
  }).map(({ data }) => data)
}
