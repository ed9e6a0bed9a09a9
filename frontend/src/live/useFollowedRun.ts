import { useCallback, useSyncExternalStore } from 'react'
import { queryClient } from '@/api/queryClient'
import { FollowedRuns } from './followedRuns'
import type { RunState } from './runState'
import { serverSource } from './serverSource'

const shared = new FollowedRuns(serverSource, () => {
  void queryClient.invalidateQueries({ queryKey: ['runs', 'list'] })
  void queryClient.invalidateQueries({ queryKey: ['graphs', 'list'] })
})

/** A run that moves, as its events tell it; nothing until they do. */
export function useFollowedRun(id: string): RunState | null {
  const subscribe = useCallback((listener: () => void) => shared.follow(id, listener), [id])
  return useSyncExternalStore(subscribe, () => shared.latest(id))
}
