import type { NodeRun } from '@/live/runState'
import type { GraphNode } from './graph/types'
import type { PlannedNode, Problem } from './store/check'

/** Every state a node can be drawn in. Words stand under `status.<name>`, colours under `--status-<name>`. */
export type NodeAppearance =
  | 'unconfigured'
  | 'ready'
  | 'queued'
  | 'running'
  | 'cached'
  | 'done'
  | 'warning'
  | 'failed'
  | 'skipped'
  | 'cancelled'
  | 'disabled'

export interface AppearanceSource {
  readonly node: GraphNode
  readonly run: NodeRun | undefined
  readonly isRunActive: boolean
  readonly problems: readonly Problem[] | undefined
}

export function nodeAppearance({ node, run, isRunActive, problems }: AppearanceSource): NodeAppearance {
  if (node.is_disabled) return 'disabled'
  const fromRun = run && appearanceOfRun(run, isRunActive)
  if (fromRun && (isRunActive || fromRun === 'failed')) return fromRun
  if (problems?.some((problem) => problem.severity === 'error')) return 'unconfigured'
  if (fromRun) return fromRun
  return problems && problems.length > 0 ? 'warning' : 'ready'
}

function appearanceOfRun(run: NodeRun, isRunActive: boolean): NodeAppearance | undefined {
  switch (run.state) {
    case 'pending':
    case 'queued':
      return isRunActive ? 'queued' : undefined
    case 'running':
      return isRunActive ? 'running' : undefined
    case 'done':
      return run.isCached ? 'cached' : 'done'
    case 'failed':
    case 'crashed':
      return 'failed'
    case 'cancelled':
      return 'cancelled'
    case 'skipped':
      return 'skipped'
    default:
      return undefined
  }
}

/** When the result of a node that came to a good end was removed; nothing while it is there or made anew. */
export function removalOf(run: NodeRun | undefined): string | null {
  return run?.state === 'done' ? run.removedAt : null
}

/** The result on show was made from other parameters or inputs than the graph has now. */
export function isStale(run: NodeRun | undefined, planned: PlannedNode | undefined): boolean {
  return run?.state === 'done' && planned !== undefined && !planned.is_cached
}
