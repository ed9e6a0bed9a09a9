// @vitest-environment jsdom

import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import { removalIn } from '@/api/runs'
import type { NodeRun, RunState } from '@/live/runState'
import { withRemoved } from '@/live/runState'
import { removalOf } from './nodeAppearance'

const AT = '2026-11-20T10:00:00Z'
const node = { node: 'a', state: 'done', removedAt: null } as unknown as NodeRun
const run = { id: 'r', nodes: { a: node } } as unknown as RunState

describe('a result that was removed', () => {
  it('is shown of nodes that came to a good end, and of no others', () => {
    expect(removalOf(undefined)).toBeNull()
    expect(removalOf(node)).toBeNull()
    expect(removalOf({ ...node, removedAt: AT })).toBe(AT)
    expect(removalOf({ ...node, removedAt: AT, state: 'running' })).toBeNull()
  })

  it('is noted when the server says so', () => {
    const error = new ApiError(410, 'result_removed', 'Removed.', [], { removed_at: AT })
    expect(removalIn(error)).toBe(AT)
    expect(removalIn(new ApiError(404, 'result_gone', 'Gone.'))).toBeNull()
    expect(withRemoved(run, 'a', AT).nodes['a']?.removedAt).toBe(AT)
    expect(withRemoved(run, 'b', AT)).toBe(run)
  })
})
