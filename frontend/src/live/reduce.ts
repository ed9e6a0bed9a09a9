import type { RunEvent, Trial } from '@/contracts'
import { assertNever } from '@/lib/assertNever'
import type { NodeRun, RunState } from './runState'
import { append, EMPTY_SERIES, type Series } from './series'

const LOG_LIMIT = 5000

/** Fold one event into the run. An event that was seen before changes nothing. */
export function reduce(run: RunState, event: RunEvent): RunState {
  if (event.seq <= run.seq) return run
  const seen = { ...run, seq: event.seq }
  // States of the snapshot are newer than what an old event says; only curves, log and trials are gathered from it.
  const isOld = event.seq <= run.snapshotSeq
  switch (event.kind) {
    case 'run.status':
      return isOld ? seen : withRunStatus(seen, event)
    case 'node.status':
      return isOld ? seen : change(seen, event.node, (node) => withStatus(node, event))
    case 'node.progress':
      return isOld
        ? seen
        : change(seen, event.node, (node) => ({
            ...node,
            progress: event.share ?? 0,
            progressText: event.text ?? '',
            progressTextParts: event.text_parts ?? null,
          }))
    case 'metric.points':
      return change(seen, event.node, (node) => ({ ...node, curves: withPoints(node.curves, event.points) }))
    case 'node.log':
      return change(seen, event.node, (node) => ({
        ...node,
        log: [
          ...node.log,
          ...event.lines.map((text, at) => ({ text, parts: event.parts?.[at] ?? null })),
        ].slice(-LOG_LIMIT),
      }))
    case 'trial.finished':
      return change(seen, event.node, (node) => ({ ...node, trials: withTrial(node.trials, event.trial) }))
    default:
      return assertNever(event)
  }
}

export function reduceAll(run: RunState, events: readonly RunEvent[]): RunState {
  return events.reduce(reduce, run)
}

/** True when events are missing between what was folded in and this one. */
export function hasGap(run: RunState, event: RunEvent): boolean {
  return event.seq > run.seq + 1
}

function change(run: RunState, id: string, alter: (node: NodeRun) => NodeRun): RunState {
  const node = run.nodes[id]
  return node ? { ...run, nodes: { ...run.nodes, [id]: alter(node) } } : run
}

function withRunStatus(run: RunState, event: Extract<RunEvent, { kind: 'run.status' }>): RunState {
  const isOver = event.state !== 'queued' && event.state !== 'running'
  return {
    ...run,
    state: event.state,
    message: event.message ?? '',
    messageParts: event.message_parts ?? null,
    startedAt: run.startedAt ?? (event.state === 'running' ? event.at : null),
    finishedAt: isOver ? (run.finishedAt ?? event.at) : null,
  }
}

function withStatus(node: NodeRun, event: Extract<RunEvent, { kind: 'node.status' }>): NodeRun {
  if (event.attempt < node.attempt) return node
  return {
    ...node,
    state: event.state,
    attempt: event.attempt,
    isCached: event.is_cached ?? false,
    headline: event.headline ?? '',
    headlineParts: event.headline_parts ?? null,
    error: event.error ?? null,
    outputs: event.outputs ?? node.outputs,
    startedAt: event.started_at ?? node.startedAt,
    finishedAt: event.finished_at ?? null,
    removedAt: null,
    device: event.device ?? node.device,
    progress: event.state === 'running' ? node.progress : event.state === 'done' ? 1 : node.progress,
  }
}

type NamedPoint = Extract<RunEvent, { kind: 'metric.points' }>['points'][number]

function withPoints(curves: NodeRun['curves'], points: readonly NamedPoint[]): NodeRun['curves'] {
  const next: Record<string, Series> = { ...curves }
  for (const { name, step, value } of points) {
    // A gap in the curve stays a gap.
    next[name] = append(next[name] ?? EMPTY_SERIES, [{ step, value: value ?? Number.NaN }])
  }
  return next
}

function withTrial(trials: readonly Trial[], trial: Trial): readonly Trial[] {
  const others = trials
    .filter((old) => old.number !== trial.number)
    .map((old) => (trial.is_best && old.is_best ? { ...old, is_best: false } : old))
  return [...others, trial].sort((a, b) => a.number - b.number)
}
