import { useEffect } from 'react'
import { followRun } from './feed'
import { useRunStore } from './RunContext'
import { serverSource } from './source'

/** Shows a run and follows it until it is over; again for another `turn`. Nothing is shown for an empty id. */
export function useFollowRun(runId: string, turn = 0): void {
  const store = useRunStore()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn follows the same run anew
  useEffect(() => {
    if (!runId) return
    return followRun(runId, serverSource, {
      onRun: (run) => store.getState().show(run),
      onLight: (light) => store.getState().setLight(light),
    })
  }, [runId, store, turn])
}
