import { type Command, isTimed, mergeKey } from '../graph/command'
import type { GraphDocument } from '../graph/types'

/** One step: what was done, and the document on both sides of it (they share all unchanged parts). */
export interface HistoryEntry {
  readonly command: Command
  readonly before: GraphDocument
  readonly after: GraphDocument
  /** Milliseconds since the epoch of the last command merged into this step. */
  readonly at: number
}

export interface History {
  readonly done: readonly HistoryEntry[]
  readonly undone: readonly HistoryEntry[]
}

export const EMPTY_HISTORY: History = { done: [], undone: [] }
const LIMIT = 500
/** Commands on the same thing within this many milliseconds are one step. */
const BURST_MS = 800

export function record(history: History, entry: HistoryEntry): History {
  const last = history.done.at(-1)
  const key = mergeKey(entry.command)
  const isSame = last !== undefined && key !== '' && mergeKey(last.command) === key
  const merges = (isSame && (!isTimed(key) || entry.at - last.at < BURST_MS)) || isFirstWriting(last, entry)
  const done = merges
    ? [...history.done.slice(0, -1), { ...entry, command: last.command, before: last.before }]
    : [...history.done.slice(-(LIMIT - 1)), entry]
  return { done, undone: [] }
}

/** What is written on a new note is one step with putting it there. */
function isFirstWriting(last: HistoryEntry | undefined, { command }: HistoryEntry): last is HistoryEntry {
  if (last?.command.kind !== 'addNote' || command.kind !== 'changeNote') return false
  return command.note === last.command.note.id && 'text' in command.changes
}

export interface Step {
  readonly history: History
  readonly document: GraphDocument
  readonly command: Command
}

export function stepBack(history: History): Step | null {
  const last = history.done.at(-1)
  if (!last) return null
  return {
    history: { done: history.done.slice(0, -1), undone: [...history.undone, last] },
    document: last.before,
    command: last.command,
  }
}

export function stepForward(history: History): Step | null {
  const next = history.undone.at(-1)
  if (!next) return null
  return {
    history: { done: [...history.done, { ...next, at: 0 }], undone: history.undone.slice(0, -1) },
    document: next.after,
    command: next.command,
  }
}
