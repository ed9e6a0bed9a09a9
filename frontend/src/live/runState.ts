import type {
  NodeError,
  NodeOutput,
  NodeState,
  NodeRun as ReportedNode,
  Run,
  RunState as RunStatus,
  Trial,
} from '@/contracts'
import type { Series } from './series'

/** A line of a node's log: its English text, and its id and parameters where the page can translate it. */
export interface LogLine {
  readonly text: string
  readonly parts: unknown
}

/** A run as the page holds it: the last snapshot with every event since folded in. */
export interface RunState {
  readonly id: string
  readonly graph: string
  readonly number: number
  readonly state: RunStatus
  readonly message: string
  readonly messageParts: unknown
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** Sequence number of the last event that was folded in. */
  readonly seq: number
  /** Events up to this one are already in the snapshot, as far as states go. */
  readonly snapshotSeq: number
  readonly order: readonly string[]
  readonly nodes: Readonly<Record<string, NodeRun>>
}

export interface NodeRun {
  readonly node: string
  readonly type: string
  readonly title: string
  readonly state: NodeState
  readonly isCached: boolean
  readonly attempt: number
  /** Share from 0 to 1. */
  readonly progress: number
  readonly progressText: string
  readonly progressTextParts: unknown
  readonly headline: string
  readonly headlineParts: unknown
  readonly error: NodeError | null
  readonly outputs: Readonly<Record<string, NodeOutput>>
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** When its result was removed to free space: it is made anew by the next run that needs it. */
  readonly removedAt: string | null
  readonly device: string
  readonly log: readonly LogLine[]
  readonly curves: Readonly<Record<string, Series>>
  readonly trials: readonly Trial[]
}

export function fromSnapshot(run: Run): RunState {
  const nodes = run.nodes.map(fromNode)
  return {
    id: run.id,
    graph: run.graph,
    number: run.number,
    state: run.state,
    message: run.message ?? '',
    messageParts: run.message_parts ?? null,
    createdAt: run.created_at,
    startedAt: run.started_at ?? null,
    finishedAt: run.finished_at ?? null,
    seq: 0,
    snapshotSeq: run.last_seq,
    order: nodes.map((node) => node.node),
    nodes: Object.fromEntries(nodes.map((node) => [node.node, node])),
  }
}

function fromNode(node: ReportedNode): NodeRun {
  return {
    node: node.node,
    type: node.type,
    title: node.title,
    state: node.state,
    isCached: node.is_cached,
    attempt: node.attempt,
    progress: node.progress ?? 0,
    progressText: node.progress_text ?? '',
    progressTextParts: node.progress_text_parts ?? null,
    headline: node.headline ?? '',
    headlineParts: node.headline_parts ?? null,
    error: (node.error as NodeError | null) ?? null,
    outputs: node.outputs ?? {},
    startedAt: node.started_at ?? null,
    finishedAt: node.finished_at ?? null,
    removedAt: node.evicted_at ?? null,
    device: node.device ?? '',
    log: [],
    curves: {},
    trials: [],
  }
}

/** Note that a result turned out to be removed since the snapshot was taken. */
export function withRemoved(run: RunState, id: string, removedAt: string): RunState {
  const node = run.nodes[id]
  return node ? { ...run, nodes: { ...run.nodes, [id]: { ...node, removedAt } } } : run
}

/** Take the states of a fresh snapshot and keep what only events carry: curves, log lines, trials. */
export function withSnapshot(state: RunState, run: Run): RunState {
  const fresh = fromSnapshot(run)
  const nodes = Object.fromEntries(
    Object.entries(fresh.nodes).map(([id, node]) => {
      const old = state.nodes[id]
      return [id, old ? { ...node, log: old.log, curves: old.curves, trials: old.trials } : node]
    }),
  )
  return { ...fresh, nodes, seq: state.seq }
}

export function isActive(state: RunStatus): boolean {
  return state === 'queued' || state === 'running'
}
