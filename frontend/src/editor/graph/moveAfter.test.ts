import { describe, expect, it } from 'vitest'
import { FIXTURE_CATALOGUE as catalogue } from './fixtureCatalogue'
import { moveAfter } from './moveAfter'
import { EMPTY_DOCUMENT, type GraphDocument, type GraphEdge } from './types'

/** Draw nodes `id=type` from left to right, and edges `a>b` between their tables. */
function drawn(nodes: string, edges: string): GraphDocument {
  return {
    ...EMPTY_DOCUMENT,
    nodes: nodes.split(' ').map((text, index) => {
      const [id = '', type = ''] = text.split('=')
      const position = { x: index * 300, y: 0 }
      return { id, type, version: 1, params: {}, position, title: '', is_disabled: false, is_frozen: false }
    }),
    edges: edges.split(' ').map((text) => {
      const [source = '', target = ''] = text.split('>')
      return { source, source_port: 'table', target, target_port: 'table' }
    }),
  }
}

const brief = (edges: readonly GraphEdge[]) => edges.map((edge) => `${edge.source}>${edge.target}`).sort()
const across = (document: GraphDocument) =>
  [...document.nodes].sort((a, b) => a.position.x - b.position.x).map((node) => node.id)

describe('moving a node behind the split', () => {
  const line = drawn(
    'file=source.file fill=clean.impute split=split.split linear=model.linear',
    'file>fill fill>split split>linear',
  )

  it('closes the gap and leads what leaves the split through the node', () => {
    const after = moveAfter(line, catalogue, 'fill', 'split.split')
    expect(brief(after.edges)).toEqual(['file>split', 'fill>linear', 'split>fill'])
    expect(across(after)).toEqual(['file', 'split', 'fill', 'linear'])
  })

  it('leads every branch behind the split through the node', () => {
    const branched = drawn(
      'file=source.file fill=clean.impute split=split.split one=model.linear two=model.linear',
      'file>fill fill>split split>one split>two',
    )
    const after = moveAfter(branched, catalogue, 'fill', 'split.split')
    expect(brief(after.edges)).toEqual(['file>split', 'fill>one', 'fill>two', 'split>fill'])
  })

  it('takes the learning nodes between along, in their order', () => {
    const two = drawn(
      'file=source.file fill=clean.impute scale=features.scale split=split.split linear=model.linear',
      'file>fill fill>scale scale>split split>linear',
    )
    const after = moveAfter(two, catalogue, 'fill', 'split.split')
    expect(brief(after.edges)).toEqual(['file>split', 'fill>scale', 'scale>linear', 'split>fill'])
    expect(across(after)).toEqual(['file', 'split', 'fill', 'scale', 'linear'])
  })

  it('keeps another branch that took the table of the node', () => {
    const side = drawn(
      'file=source.file fill=clean.impute split=split.split linear=model.linear other=model.linear',
      'file>fill fill>split fill>other split>linear',
    )
    const after = moveAfter(side, catalogue, 'fill', 'split.split')
    expect(brief(after.edges)).toEqual(['file>other', 'file>split', 'fill>linear', 'split>fill'])
  })

  it('does nothing where no split follows', () => {
    expect(moveAfter(line, catalogue, 'linear', 'split.split')).toBe(line)
  })
})
