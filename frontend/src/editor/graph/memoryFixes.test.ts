import { expect, it } from 'vitest'
import { indexCatalogue } from './catalogue'
import { FIXTURE_CATALOGUE } from './fixtureCatalogue'
import { isMemoryMessage, memoryFixes } from './memoryFixes'
import type { GraphDocument, GraphNode } from './types'

function node(id: string, type: string, params: GraphNode['params'] = {}): GraphNode {
  const place = { position: { x: 0, y: 0 }, title: '', is_disabled: false, is_frozen: false }
  return { id, type, version: 1, params, ...place }
}

const DOCUMENT: GraphDocument = {
  nodes: [node('file', 'source.file'), node('other', 'source.file'), node('net', 'model.linear')],
  edges: [{ source: 'file', source_port: 'table', target: 'net', target_port: 'table' }],
  notes: [],
  seed: 0,
}
const CATALOGUE = indexCatalogue(
  FIXTURE_CATALOGUE.nodes.map((each) =>
    each.id === 'model.linear' ? { ...each, defaults: { batch_size: 0, hidden_size: 128, depth: 64 } } : each,
  ),
)

it('halves the rows of the sources, the batch and the model of a node that ran out of memory', () => {
  const rows = (id: string) => (id === 'file' ? 5001 : 0)
  const params = (document: GraphDocument) =>
    memoryFixes(document, CATALOGUE, 'net', rows).map((fix) => [fix.node, fix.params])
  expect(params(DOCUMENT)).toEqual([
    ['file', { max_rows: 2500 }],
    ['net', { hidden_size: 64 }],
  ])
  const set = node('net', 'model.linear', { batch_size: 4096, hidden_size: 20 })
  expect(params({ ...DOCUMENT, nodes: [...DOCUMENT.nodes.slice(0, 2), set] })).toEqual([
    ['file', { max_rows: 2500 }],
    ['net', { batch_size: 2048 }],
  ])
  expect(memoryFixes(DOCUMENT, CATALOGUE, 'net', () => 0)).toHaveLength(1)
  expect(memoryFixes(DOCUMENT, CATALOGUE, 'gone', rows)).toEqual([])
})

it('knows the messages of memory that ran out', () => {
  expect(['memory.limit', 'worker.memory_limit', 'worker.time_limit', null].map(isMemoryMessage)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
