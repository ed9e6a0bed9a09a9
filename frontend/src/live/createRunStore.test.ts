import { describe, expect, it } from 'vitest'
import { createRunStore } from './createRunStore'
import type { RunState } from './runState'

function run(state: RunState['state'], given: Partial<RunState> = {}): RunState {
  return {
    id: 'r1',
    graph: 'g',
    number: 1,
    state,
    message: '',
    messageParts: null,
    createdAt: '2026-01-01T10:00:00Z',
    startedAt: null,
    finishedAt: null,
    seq: 0,
    snapshotSeq: 0,
    order: [],
    nodes: {},
    ...given,
  }
}

describe('the runGeneration of a run', () => {
  it('changes when a run appears, ends and goes on again, so that older plans are known to be older', () => {
    const store = createRunStore()
    const runGenerations = [store.getState().runGeneration]
    for (const state of ['running', 'done', 'queued', 'failed'] as const) {
      store.getState().show(run(state))
      runGenerations.push(store.getState().runGeneration)
    }
    store.getState().show(run('failed', { id: 'r2' }))
    runGenerations.push(store.getState().runGeneration)
    expect(new Set(runGenerations).size).toBe(6)
  })

  it('stays while the same run moves on or is read anew', () => {
    const store = createRunStore()
    store.getState().show(run('queued'))
    const { runGeneration } = store.getState()
    store.getState().show(run('running', { seq: 3 }))
    expect(store.getState().runGeneration).toBe(runGeneration)
  })
})
