import type { GraphLine, NodeRun, RunLine } from '@/contracts'
import { isStatus, type Status } from '@/ui'
import { storedText } from './messages'

/** How the state of a run is drawn. */
export function statusOfRun(state: string): Status {
  return isStatus(state) ? state : 'pending'
}

/** How the state of a node is drawn: a result taken from before has a drawing of its own, and one that waits has one. */
export function statusOfNode({ state, is_cached }: Pick<NodeRun, 'state' | 'is_cached'>): Status {
  if (state === 'done' && is_cached) return 'cached'
  return state === 'pending' ? 'queued' : state
}

/** Share of a run's nodes that are finished, counting running ones by their own progress. */
export function progressOf(nodes: readonly Pick<NodeRun, 'state' | 'progress'>[]): number {
  if (nodes.length === 0) return 0
  const done = nodes.reduce((sum, { state, progress }) => {
    if (state === 'running') return sum + progress
    return state === 'pending' || state === 'queued' ? sum : sum + 1
  }, 0)
  return done / nodes.length
}

/** What a run says of itself in a list: why it failed, else its result line. */
export function outcomeOf(
  run: Pick<RunLine, 'state' | 'headline' | 'headline_parts' | 'message' | 'message_parts'>,
): string {
  const message = storedText(run.message, run.message_parts)
  const isBad = run.state === 'failed' || run.state === 'crashed'
  return (isBad && message) || storedText(run.headline, run.headline_parts) || message
}

/** The line in which a graph's newest run said how it went; empty when it said nothing. */
export function resultOf(graph: Pick<GraphLine, 'last_run'>): string {
  const headline = graph.last_run?.headline
  return typeof headline === 'string' ? storedText(headline, graph.last_run?.headline_parts) : ''
}
