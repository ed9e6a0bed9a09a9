import { useEffect } from 'react'
import { removalIn } from '@/api/runs'
import { useRunStore } from '@/live/RunContext'
import { withRemoved } from '@/live/runState'

/** Shows a result as removed when the server says so: it may go at any time, and nobody is told of it. */
export function useRemovedResult(node: string, error: unknown): void {
  const store = useRunStore()
  const removedAt = removalIn(error)
  useEffect(() => {
    const { run, show } = store.getState()
    if (removedAt && run) show(withRemoved(run, node, removedAt))
  }, [node, removedAt, store])
}
