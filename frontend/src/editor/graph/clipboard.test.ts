import { describe, expect, it } from 'vitest'
import { asDocument, cut, idsOf, insertFragment, read, relabel, toFile, write } from './clipboard'
import { clearShift } from './place'
import type { GraphDocument, GraphEdge, GraphNode, Note } from './types'

function node(id: string, type: string, more: Partial<GraphNode> = {}): GraphNode {
  const place = { position: { x: 0, y: 0 }, title: '', is_disabled: false, is_frozen: false }
  return { id, type, version: 1, params: {}, ...place, ...more }
}

const note: Note = {
  id: 'note_1',
  text: 'Why',
  position: { x: 0, y: 200 },
  width: 300,
  height: 160,
  colour: 'blue',
}
const edge: GraphEdge = { source: 'file', source_port: 'table', target: 'gaps', target_port: 'table' }
const drawn: GraphDocument = {
  nodes: [
    node('file', 'source.file', { title: 'Houses', is_frozen: true }),
    node('gaps', 'clean.impute', { is_disabled: true, params: { strategy: 'mean' } }),
  ],
  edges: [edge],
  notes: [note],
  seed: 7,
}

function clipOf(text: string) {
  const clip = read(text)
  if (!clip) throw new Error('own text is read')
  return clip
}

describe('an exported file', () => {
  it('gives the same graph on an empty canvas', () => {
    expect(asDocument(clipOf(toFile(drawn, 'Houses')))).toEqual(drawn)
  })

  it('brings its notes into another graph, under ids that are free', () => {
    const added = relabel(drawn, clipOf(toFile(drawn, 'Houses')), { x: 40, y: 40 }, false)
    expect(idsOf(added)).toEqual(['file_1', 'impute_1', 'note_2'])
    expect(added.notes[0]).toEqual({ ...note, id: 'note_2', position: { x: 40, y: 240 } })
    expect(insertFragment(drawn, added).notes).toHaveLength(2)
  })

  it('loses what the server would not take: edges without an end, ids with spaces, endless titles', () => {
    const text = JSON.stringify({
      nodes: [{ id: 'a b', type: 'clean.impute', title: 'x'.repeat(500) }],
      edges: [{ ...edge, target: 'a b' }],
      seed: -3,
    })
    const taken = asDocument(clipOf(text))
    expect(taken.nodes.map(({ id }) => id)).toEqual(['impute_1'])
    expect(taken.nodes[0]?.title).toHaveLength(120)
    expect(taken.edges).toEqual([])
    expect(taken.seed).toBe(0)
  })
})

describe('a copied note', () => {
  it('goes along with the nodes and alone', () => {
    const both = clipOf(write(cut(drawn, new Set(['file', 'note_1']))))
    expect(idsOf(both.fragment)).toEqual(['file', 'note_1'])
    const alone = clipOf(write(cut(drawn, new Set(['note_1']))))
    expect(relabel(drawn, alone, { x: 8, y: 8 }, false).notes).toHaveLength(1)
  })
})

describe('a place for what comes', () => {
  it('is the wanted one when it is free, and below what lies there when not', () => {
    expect(clearShift(drawn, drawn, { x: 2000, y: 0 })).toEqual({ x: 2000, y: 0 })
    const { y } = clearShift(drawn, drawn, { x: 0, y: 0 })
    expect(y).toBeGreaterThanOrEqual(360)
  })
})
