import { createStore } from 'zustand/vanilla'
import { applyCommand, type Command } from '../graph/command'
import type { Catalogue, GraphDocument } from '../graph/types'
import { type Check, type CheckIndex, indexCheck } from './check'
import { EMPTY_HISTORY, type History, record, stepBack, stepForward } from './history'

export interface Selection {
  readonly nodes: ReadonlySet<string>
  readonly edges: ReadonlySet<string>
}

/** The draft as the server last confirmed it. */
export interface SavedDraft {
  readonly document: GraphDocument
  readonly revision: number
  /** ISO 8601, UTC. */
  readonly savedAt: string
}

export interface Conflict {
  readonly theirs: SavedDraft
  readonly savedBy: string
}

export type SaveState =
  | { readonly kind: 'saved' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }

export interface EditorState {
  readonly catalogue: Catalogue
  /** Nothing changes it: a saved version is looked at, or the person may only look. */
  readonly isFixed: boolean
  readonly document: GraphDocument
  readonly selection: Selection
  readonly history: History
  readonly saved: SavedDraft
  readonly saveState: SaveState
  readonly check: CheckIndex | null
  /** Do something to the document; a step of undo. Nothing happens when nothing would change, or may. */
  readonly perform: (command: Command) => void
  readonly undo: () => Command | null
  readonly redo: () => Command | null
  readonly select: (nodes: Iterable<string>, edges?: Iterable<string>) => void
  readonly saving: () => void
  readonly savingFailed: (message: string) => void
  readonly conflicted: (conflict: Conflict) => void
  readonly markSaved: (draft: SavedDraft) => void
  /** Put another draft in the place of this one; a step of undo brings this one back. */
  readonly takeOver: (draft: SavedDraft) => void
  /** Take another document and forget the history, as when a graph is opened. */
  readonly reset: (draft: SavedDraft) => void
  readonly checked: (check: Check, runGeneration?: number) => void
  /** Take the same nodes in other words, as when the language of the page changed. */
  readonly reword: (catalogue: Catalogue) => void
}

export type EditorStore = ReturnType<typeof createEditorStore>

const NOTHING: Selection = { nodes: new Set(), edges: new Set() }

export interface InitialEditor {
  readonly catalogue: Catalogue
  readonly draft: SavedDraft
  readonly isFixed?: boolean
  /** Milliseconds since the epoch; tests pass their own clock. */
  readonly now?: () => number
}

export function createEditorStore({ catalogue, draft, isFixed = false, now = Date.now }: InitialEditor) {
  return createStore<EditorState>()((set, get) => ({
    catalogue,
    isFixed,
    document: draft.document,
    selection: NOTHING,
    history: EMPTY_HISTORY,
    saved: draft,
    saveState: { kind: 'saved' },
    check: null,
    perform: (command) => {
      if (isFixed) return
      const before = get().document
      const after = applyCommand(before, get().catalogue, command)
      if (after === before) return
      const entry = { command, before, after, at: now() }
      set({
        document: after,
        history: record(get().history, entry),
        selection: prune(get().selection, after),
      })
    },
    undo: () => takeStep(stepBack(get().history), get, set),
    redo: () => takeStep(stepForward(get().history), get, set),
    select: (nodes, edges = []) => {
      const next = { nodes: new Set(nodes), edges: new Set(edges) }
      if (!sameSelection(get().selection, next)) set({ selection: next })
    },
    saving: () => set({ saveState: { kind: 'saving' } }),
    savingFailed: (message) => set({ saveState: { kind: 'failed', message } }),
    conflicted: (conflict) => set({ saveState: { kind: 'conflict', conflict } }),
    markSaved: (saved) => set({ saved, saveState: { kind: 'saved' } }),
    takeOver: (saved) => {
      get().perform({ kind: 'load', document: saved.document })
      get().markSaved(saved)
    },
    reset: (saved) =>
      set({
        document: saved.document,
        saved,
        saveState: { kind: 'saved' },
        history: EMPTY_HISTORY,
        selection: NOTHING,
      }),
    reword: (catalogue) => set({ catalogue }),
    checked: (check, runGeneration) => set({ check: indexCheck(check, get().check, runGeneration) }),
  }))
}

function takeStep(
  step: ReturnType<typeof stepBack>,
  get: () => EditorState,
  set: (state: Partial<EditorState>) => void,
): Command | null {
  if (!step) return null
  set({
    document: step.document,
    history: step.history,
    selection: prune(get().selection, step.document),
  })
  return step.command
}

/** Forget selected things that are no longer there; keep the very object when none went. */
function prune(selection: Selection, document: GraphDocument): Selection {
  const ids = new Set([...document.nodes, ...document.notes].map(({ id }) => id))
  const nodes = [...selection.nodes].filter((id) => ids.has(id))
  if (nodes.length === selection.nodes.size && selection.edges.size === 0) return selection
  return { nodes: new Set(nodes), edges: new Set() }
}

function sameSelection(a: Selection, b: Selection): boolean {
  return sameSet(a.nodes, b.nodes) && sameSet(a.edges, b.edges)
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item))
}

export function isDirty(state: EditorState): boolean {
  return state.document !== state.saved.document
}
