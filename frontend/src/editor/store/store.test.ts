import { describe, expect, it } from 'vitest'
import type { NodeRun } from '@/live/runState'
import { FIXTURE_CATALOGUE } from '../graph/fixtureCatalogue'
import { EMPTY_DOCUMENT, type GraphDocument, type GraphNode } from '../graph/types'
import { isStale } from '../nodeAppearance'
import { indexCheck, planAt } from './check'
import { createEditorStore, isDirty } from './createEditorStore'

function node(id: string, type: string): GraphNode {
  return {
    id,
    type,
    version: 1,
    params: {},
    position: { x: 0, y: 0 },
    title: '',
    is_disabled: false,
    is_frozen: false,
  }
}

const start: GraphDocument = {
  ...EMPTY_DOCUMENT,
  nodes: [node('file', 'source.file'), node('impute', 'clean.impute'), node('linear', 'model.linear')],
  edges: [
    { source: 'file', source_port: 'table', target: 'impute', target_port: 'table' },
    { source: 'impute', source_port: 'table', target: 'linear', target_port: 'table' },
  ],
}

function open() {
  const clock = { now: 0 }
  const store = createEditorStore({
    catalogue: FIXTURE_CATALOGUE,
    draft: { document: start, revision: 1, savedAt: '2026-01-01T10:00:00Z' },
    now: () => clock.now,
  })
  return { store, clock }
}

describe('somebody who may only look', () => {
  it('changes nothing', () => {
    const store = createEditorStore({
      catalogue: FIXTURE_CATALOGUE,
      draft: { document: start, revision: 1, savedAt: '2026-01-01T10:00:00Z' },
      isFixed: true,
    })
    store.getState().perform({ kind: 'params', node: 'impute', changes: { strategy: 'mean' } })
    store.getState().perform({ kind: 'remove', nodes: ['impute'], edges: [], heals: true })
    expect(store.getState().document).toBe(start)
    expect(isDirty(store.getState())).toBe(false)
  })
})

describe('a note', () => {
  it('and what is first written on it are one step, and what is written later is another', () => {
    const { store, clock } = open()
    const { perform } = store.getState()
    const note = {
      id: 'n',
      text: '',
      position: { x: 0, y: 0 },
      width: 200,
      height: 90,
      colour: 'yellow',
    } as const
    perform({ kind: 'addNote', note })
    clock.now += 60_000
    perform({ kind: 'changeNote', note: 'n', changes: { text: 'first' } })
    clock.now += 60_000
    perform({ kind: 'changeNote', note: 'n', changes: { colour: 'red' } })
    expect(store.getState().undo()?.kind).toBe('changeNote')
    expect(store.getState().document.notes[0]?.text).toBe('first')
    expect(store.getState().undo()?.kind).toBe('addNote')
    expect(store.getState().document).toBe(start)
    store.getState().redo()
    expect(store.getState().document.notes[0]?.text).toBe('first')
  })
})

describe('undo', () => {
  it('takes every kind of action back, one at a time, to the very first document', () => {
    const { store, clock } = open()
    const { perform } = store.getState()
    const act = (command: Parameters<typeof perform>[0]) => {
      clock.now += 5000
      perform(command)
    }
    const added = node('tune', 'tune.tune')
    act({ kind: 'add', node: added, edges: [] })
    act({
      kind: 'connect',
      edge: { source: 'linear', source_port: 'model', target: 'tune', target_port: 'model' },
    })
    act({ kind: 'params', node: 'impute', changes: { strategy: 'mean' } })
    act({ kind: 'rename', node: 'impute', title: 'Gaps' })
    act({ kind: 'move', positions: { impute: { x: 80, y: 0 } } })
    act({ kind: 'nudge', positions: { impute: { x: 88, y: 0 } } })
    act({ kind: 'arrange', positions: { impute: { x: 300, y: 0 } } })
    act({ kind: 'disable', nodes: ['impute'], isDisabled: true })
    act({ kind: 'paste', fragment: { nodes: [node('scale', 'features.scale')], edges: [], notes: [] } })
    act({ kind: 'duplicate', fragment: { nodes: [node('scale_2', 'features.scale')], edges: [], notes: [] } })
    act({ kind: 'import', fragment: { nodes: [node('deploy', 'publish.deploy')], edges: [], notes: [] } })
    act({ kind: 'remove', nodes: ['impute'], edges: [], heals: true })
    act({ kind: 'load', document: EMPTY_DOCUMENT })
    const last = store.getState().document
    const count = store.getState().history.done.length
    expect(count).toBe(13)
    for (let step = 0; step < count; step += 1) store.getState().undo()
    expect(store.getState().document).toBe(start)
    expect(store.getState().undo()).toBeNull()
    for (let step = 0; step < count; step += 1) store.getState().redo()
    expect(store.getState().document).toBe(last)
  })

  it('makes one step of a burst of keystrokes, and another after a pause', () => {
    const { store, clock } = open()
    const type = (word: string, after: number) => {
      clock.now += after
      store.getState().perform({ kind: 'params', node: 'impute', changes: { word } })
    }
    type('a', 0)
    type('ab', 100)
    type('abc', 100)
    type('abcd', 5000)
    expect(store.getState().history.done).toHaveLength(2)
    store.getState().undo()
    expect(store.getState().document.nodes[1]?.params).toEqual({ word: 'abc' })
    store.getState().undo()
    expect(store.getState().document).toBe(start)
  })

  it('does not merge two drags of the same node', () => {
    const { store } = open()
    store.getState().perform({ kind: 'move', positions: { file: { x: 8, y: 0 } } })
    store.getState().perform({ kind: 'move', positions: { file: { x: 16, y: 0 } } })
    expect(store.getState().history.done).toHaveLength(2)
  })

  it('makes one step of a copy left behind and the drag that left it, however long it took', () => {
    const { store, clock } = open()
    const fragment = { nodes: [node('file_1', 'source.file')], edges: [], notes: [] }
    store.getState().perform({ kind: 'duplicate', fragment, drag: 'one' })
    clock.now += 60_000
    store.getState().perform({ kind: 'move', positions: { file: { x: 80, y: 0 } }, drag: 'one' })
    expect(store.getState().history.done.map(({ command }) => command.kind)).toEqual(['duplicate'])
    store.getState().undo()
    expect(store.getState().document).toBe(start)
  })

  it('forgets what was undone when something new is done', () => {
    const { store } = open()
    store.getState().perform({ kind: 'rename', node: 'file', title: 'Houses' })
    store.getState().undo()
    store.getState().perform({ kind: 'rename', node: 'file', title: 'Flats' })
    expect(store.getState().redo()).toBeNull()
  })

  it('leaves selecting out of the history and drops removed nodes from the selection', () => {
    const { store } = open()
    store.getState().select(['impute', 'file'])
    expect(store.getState().history.done).toHaveLength(0)
    store.getState().perform({ kind: 'remove', nodes: ['impute'], edges: [], heals: true })
    expect([...store.getState().selection.nodes]).toEqual(['file'])
  })
})

describe('the dirty flag', () => {
  it('is set by a change and cleared by saving that very document', () => {
    const { store } = open()
    expect(isDirty(store.getState())).toBe(false)
    store.getState().perform({ kind: 'rename', node: 'file', title: 'Houses' })
    const saved = store.getState().document
    store.getState().perform({ kind: 'disable', nodes: ['file'], isDisabled: true })
    store.getState().markSaved({ document: saved, revision: 2, savedAt: '2026-01-01T10:01:00Z' })
    expect(isDirty(store.getState())).toBe(true)
  })

  it('is clear again after undoing back to what was saved', () => {
    const { store } = open()
    store.getState().perform({ kind: 'rename', node: 'file', title: 'Houses' })
    store.getState().undo()
    expect(isDirty(store.getState())).toBe(false)
  })
})

describe('taking over another draft', () => {
  it('shows it as saved, and undo brings mine back as a change on top of it', () => {
    const { store } = open()
    store.getState().perform({ kind: 'rename', node: 'file', title: 'Mine' })
    const mine = store.getState().document
    const theirs = { document: EMPTY_DOCUMENT, revision: 9, savedAt: '2026-01-01T10:01:00Z' }
    store.getState().conflicted({ theirs, savedBy: 'bob' })
    store.getState().takeOver(theirs)
    expect(store.getState()).toMatchObject({ document: EMPTY_DOCUMENT, saveState: { kind: 'saved' } })
    expect(isDirty(store.getState())).toBe(false)
    store.getState().undo()
    expect(store.getState().document).toBe(mine)
    expect(store.getState().saved.revision).toBe(9)
    expect(isDirty(store.getState())).toBe(true)
  })
})

describe('the check', () => {
  it('keeps the same object for a node about which nothing new is said', () => {
    const problem = {
      at: 'nodes.a',
      node: 'a',
      message: 'Choose a column.',
      message_id: '',
      message_params: {},
      severity: 'error',
      fix: null,
      more_fixes: [],
    } as const
    const plan = {
      nodes: [{ node: 'a', is_cached: false, seconds: 1, memory_bytes: 0, gpu_bytes: 0 }],
      seconds: 1,
      memory_bytes: 0,
      gpu_bytes: 0,
    }
    const first = indexCheck({ problems: [problem], schemas: {}, plan }, null)
    const second = indexCheck({ problems: [{ ...problem }], schemas: {}, plan: { ...plan } }, first)
    expect(second.problemsOf['a']).toBe(first.problemsOf['a'])
    expect(second.planOf['a']).toBe(first.planOf['a'])
  })

  it('lets a plan that was asked before the run ended mark no node', () => {
    const plan = {
      nodes: [{ node: 'a', is_cached: false, seconds: 1, memory_bytes: 0, gpu_bytes: 0 }],
      seconds: 1,
      memory_bytes: 0,
      gpu_bytes: 0,
    }
    const check = indexCheck({ problems: [], schemas: {}, plan }, null, 1)
    const done = { state: 'done' } as NodeRun
    expect(isStale(done, planAt(check, 1)?.planOf['a'])).toBe(true)
    expect(isStale(done, planAt(check, 2)?.planOf['a'])).toBe(false)
  })
})
