import { describe, expect, it } from 'vitest'
import { FIXTURE_CATALOGUE } from '../graph/fixtureCatalogue'
import type { GraphNode } from '../graph/types'
import { fieldsOfNode, shapeOf } from './shape'

function node(type: string, params: GraphNode['params'] = {}): GraphNode {
  const place = { x: 0, y: 0 }
  return {
    id: 'a',
    type,
    version: 1,
    params,
    position: place,
    title: '',
    is_disabled: false,
    is_frozen: false,
  }
}

const impute = FIXTURE_CATALOGUE.find('clean.impute')

describe('the shape of a node', () => {
  it('has a handle for every port, inputs on the left edge and outputs on the right', () => {
    if (!impute) throw new Error('The fixture has no such node.')
    const { handles, measured } = shapeOf(node('clean.impute'), impute)
    expect(handles.map(({ id }) => id)).toEqual([
      ...impute.inputs.map(({ name }) => `input:${name}`),
      ...impute.outputs.map(({ name }) => `output:${name}`),
    ])
    for (const handle of handles) {
      expect(handle.x).toBe(handle.type === 'target' ? -5 : measured.width - 7)
      expect(handle.y).toBeLessThan(measured.height - 26)
    }
  })

  it('is the very same object for nodes that look alike, so that none is drawn anew', () => {
    if (!impute) throw new Error('The fixture has no such node.')
    expect(shapeOf(node('clean.impute'), impute)).toBe(shapeOf(node('clean.impute'), impute))
    expect(fieldsOfNode(impute)).toBe(fieldsOfNode(impute))
    expect(fieldsOfNode(undefined)).toEqual([])
  })

  it('grows by a line for a parameter that is shown', () => {
    const plain = { ...(impute as NonNullable<typeof impute>), params: {}, defaults: {} }
    const properties = { word: { type: 'string' as const, title: 'Word' } }
    const wordy = { ...plain, params: { properties }, defaults: { word: '' } }
    const empty = shapeOf(node('clean.impute'), wordy)
    const filled = shapeOf(node('clean.impute', { word: 'none' }), wordy)
    expect(filled.measured.height - empty.measured.height).toBe(22)
    expect((filled.handles[0]?.y ?? 0) - (empty.handles[0]?.y ?? 0)).toBe(22)
  })
})
