import { useEffect } from 'react'
import { useRunStore } from './RunContext'
import { followRun } from './runEventStream'
import { serverSource } from './serverSource'

/** Shows a run and follows it until it is over; again for another `turn`. Nothing is shown for an empty id. */
export function useFollowRun(runId: string, turn = 0): void {
  const store = useRunStore()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn follows the same run anew
  useEffect(() => {
    if (!runId) return
    return followRun(runId, serverSource, {
      onRun: (run) => store.getState().show(run),
      onConnectionStatus: (status) => store.getState().setConnectionStatus(status),
    })
  }, [runId, store, turn])
}
