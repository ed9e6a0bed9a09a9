import { describe, expect, it } from 'vitest'
import { documentOfDataset, withFixes } from './document'

const impute = { type: 'clean.impute', version: 2, params: {} }

describe('withFixes', () => {
  it('puts a fix between the source and what read it', () => {
    const alone = documentOfDataset('d1')
    const model = {
      id: 'model',
      type: 'model.linear',
      version: 1,
      params: {},
      position: { x: 272, y: 0 },
      title: '',
      is_disabled: false,
      is_frozen: false,
    }
    const edge = { source: 'source', source_port: 'table', target: 'model', target_port: 'table' }
    const fixed = withFixes({ ...alone, nodes: [...alone.nodes, model], edges: [edge] }, [impute])
    expect(fixed.edges).toEqual([
      { ...edge, source: 'impute' },
      { source: 'source', source_port: 'table', target: 'impute', target_port: 'table' },
    ])
    expect(fixed.nodes.map((node) => [node.id, node.position.x])).toEqual([
      ['source', 0],
      ['model', 544],
      ['impute', 272],
    ])
  })

  it('chains several fixes in order and names them apart', () => {
    const fixed = withFixes(documentOfDataset('d1'), [impute, impute])
    expect(fixed.edges.map((edge) => `${edge.source}>${edge.target}`)).toEqual([
      'source>impute',
      'impute>impute_2',
    ])
  })

  it('leaves a graph without a source alone', () => {
    const empty = { nodes: [], edges: [], notes: [], seed: 0 }
    expect(withFixes(empty, [impute])).toBe(empty)
  })
})
