import { describe, expect, it } from 'vitest'
import { alignPositions } from './align'
import { besideOf, followersFirst, followingEdges, nearestEdges } from './beside'
import { compatibleNodes, groupNodes, searchNodes } from './catalogue'
import {
  clearSpot,
  freeId,
  insertBefore,
  newNode,
  removeNodes,
  replaceNode,
  setParams,
  splicingEdges,
} from './change'
import { cut, incoming, insertFragment, read, relabel, toFile, unknownTypes, write } from './clipboard'
import { canConnect, connect, legalPorts, portKey, possibleEdges } from './connect'
import { FIXTURE_CATALOGUE as catalogue, FIXTURE_NODES } from './fixtureCatalogue'
import { layoutPositions } from './layout'
import { learnerOf } from './learner'
import { connected, reachable, topological } from './read'
import { EMPTY_DOCUMENT, type GraphDocument, type GraphEdge, type GraphNode } from './types'

function node(id: string, type: string, x = 0, y = 0): GraphNode {
  return {
    id,
    type,
    version: 1,
    params: {},
    position: { x, y },
    title: '',
    is_disabled: false,
    is_frozen: false,
  }
}

function edge(source: string, port: string, target: string, targetPort = port): GraphEdge {
  return { source, source_port: port, target, target_port: targetPort }
}

/** file → impute → scale → linear → tune → deploy */
const line: GraphDocument = {
  ...EMPTY_DOCUMENT,
  nodes: [
    node('file', 'source.file', 0),
    node('impute', 'clean.impute', 300),
    node('scale', 'features.scale', 600),
    node('linear', 'model.linear', 900),
    node('tune', 'tune.tune', 1200),
    node('deploy', 'publish.deploy', 1500),
  ],
  edges: [
    edge('file', 'table', 'impute'),
    edge('impute', 'table', 'scale'),
    edge('scale', 'table', 'linear'),
    edge('linear', 'model', 'tune'),
    edge('tune', 'model', 'deploy'),
  ],
}

describe('the model that a search tunes', () => {
  it('is found behind the search, and behind another search', () => {
    expect(learnerOf(line, catalogue, 'tune')?.id).toBe('model.linear')
    const again = {
      ...line,
      nodes: [...line.nodes, node('tune2', 'tune.tune')],
      edges: [...line.edges, edge('tune', 'model', 'tune2')],
    }
    expect(learnerOf(again, catalogue, 'tune2')?.id).toBe('model.linear')
  })

  it('is nothing without a model before it', () => {
    expect(learnerOf({ ...line, edges: [] }, catalogue, 'tune')).toBeUndefined()
    expect(learnerOf(line, catalogue, 'linear')).toBeUndefined()
  })

  it('is nothing in a circle', () => {
    const circle = { ...line, edges: [edge('tune', 'model', 'tune')] }
    expect(learnerOf(circle, catalogue, 'tune')).toBeUndefined()
  })
})

describe('drawing an edge', () => {
  it('is allowed between ports of the same kind', () => {
    expect(canConnect(line, catalogue, edge('file', 'table', 'linear'))).toEqual({
      ok: true,
      replaces: edge('scale', 'table', 'linear'),
    })
  })

  it('is refused between kinds, naming both and a node that would help', () => {
    const verdict = canConnect(line, catalogue, edge('file', 'table', 'deploy', 'model'))
    expect(verdict).toEqual({
      ok: false,
      reason: {
        code: 'kind',
        given: 'table',
        wanted: 'model',
        port: 'model',
        target: 'Deploy',
        between: 'Linear model',
      },
    })
  })

  it('is refused when it would make a circle', () => {
    const verdict = canConnect(line, catalogue, edge('scale', 'table', 'impute'))
    expect(verdict).toMatchObject({ ok: false, reason: { code: 'cycle' } })
  })

  it('is refused to the node itself, to a port that is not there, and a second time', () => {
    expect(canConnect(line, catalogue, edge('scale', 'table', 'scale'))).toMatchObject({
      reason: { code: 'self' },
    })
    expect(canConnect(line, catalogue, edge('file', 'nothing', 'scale'))).toMatchObject({
      reason: { code: 'unknown_port' },
    })
    expect(canConnect(line, catalogue, edge('file', 'table', 'impute'))).toMatchObject({
      reason: { code: 'exists' },
    })
  })

  it('takes the place of the edge that was in the input', () => {
    const after = connect(line, edge('file', 'table', 'linear'))
    expect(after.edges.filter((edge) => edge.target === 'linear')).toEqual([edge('file', 'table', 'linear')])
  })

  it('lights up exactly the ports where canConnect says yes', () => {
    const legal = legalPorts(line, catalogue, { node: 'impute', port: 'table', side: 'output' })
    expect([...legal].sort()).toEqual([
      portKey('linear', 'input', 'table'),
      portKey('scale', 'input', 'table'),
    ])
    const backwards = legalPorts(line, catalogue, { node: 'deploy', port: 'model', side: 'input' })
    expect([...backwards].sort()).toEqual([
      portKey('linear', 'output', 'model'),
      portKey('tune', 'output', 'model'),
    ])
  })

  it('offers free inputs before taken ones', () => {
    const free = { ...line, edges: line.edges.filter((edge) => edge.target !== 'deploy') }
    expect(possibleEdges(free, catalogue, 'linear', 'deploy')).toEqual([edge('linear', 'model', 'deploy')])
  })
})

describe('removing nodes', () => {
  it('leads the edge on through the gap', () => {
    const after = removeNodes(line, catalogue, ['impute', 'scale'])
    expect(after.edges).toContainEqual(edge('file', 'table', 'linear'))
    expect(after.nodes.map(({ id }) => id)).toEqual(['file', 'linear', 'tune', 'deploy'])
  })

  it('does not join edges of different kinds', () => {
    const after = removeNodes(line, catalogue, ['linear'])
    expect(after.edges.some((edge) => edge.target === 'tune')).toBe(false)
  })

  it('drops the edges when told not to heal', () => {
    expect(
      removeNodes(line, catalogue, ['impute'], false).edges.some((edge) => edge.target === 'scale'),
    ).toBe(false)
  })
})

describe('adding and changing nodes', () => {
  it('finds an id that is free and says what the node is', () => {
    expect(freeId(new Set(['impute_1']), 'clean.impute')).toBe('impute_2')
  })

  it('steps aside when a node already lies there, on the grid', () => {
    const description = FIXTURE_NODES[0]
    if (!description) throw new Error('fixture')
    const added = newNode(line, description, { x: 3, y: 2 })
    expect(added.position).toEqual({ x: 24, y: 24 })
  })

  it('finds a place where the new node covers no other', () => {
    expect(clearSpot(line, { x: 310, y: 10 })).toEqual({ x: 312, y: 136 })
  })

  it('forgets a parameter that goes back to its default', () => {
    const set = setParams(line, 'impute', { strategy: 'mean' })
    expect(setParams(set, 'impute', { strategy: undefined }).nodes[1]?.params).toEqual({})
  })

  it('keeps untouched nodes as the very same objects', () => {
    const after = setParams(line, 'impute', { strategy: 'mean' })
    expect(after.nodes[0]).toBe(line.nodes[0])
  })

  it('keeps fitting edges and parameters when a node is replaced', () => {
    const scale = catalogue.find('features.normalise')
    if (!scale) throw new Error('a former id is known')
    const after = replaceNode(setParams(line, 'impute', { strategy: 'mean' }), catalogue, 'impute', scale)
    expect(after.edges).toEqual(line.edges)
    expect(after.nodes[1]).toMatchObject({ type: 'features.scale', params: { strategy: 'mean' } })
  })

  it('threads a node in before another and makes room', () => {
    const description = catalogue.find('clean.impute')
    if (!description) throw new Error('fixture')
    const { node: added, edges, moved } = insertBefore(line, description, 'linear')
    expect(edges).toEqual([edge('scale', 'table', added.id), edge(added.id, 'table', 'linear')])
    expect(moved['linear']?.x).toBeGreaterThan(900)
    expect(moved['scale']).toBeUndefined()
  })

  it('splices a node into an edge only where it fits', () => {
    const through = edge('scale', 'table', 'linear')
    const impute = catalogue.find('clean.impute')
    const deploy = catalogue.find('publish.deploy')
    if (!impute || !deploy) throw new Error('fixture')
    expect(splicingEdges(line, catalogue, through, 'new', impute)).toHaveLength(2)
    expect(splicingEdges(line, catalogue, through, 'new', deploy)).toEqual([])
  })
})

describe('copy and paste', () => {
  const chosen = new Set(['impute', 'scale'])

  it('brings nodes and inner edges back under new ids', () => {
    const clip = read(write(cut(line, chosen), incoming(line, chosen)))
    if (!clip) throw new Error('own text is read')
    const pasted = relabel(line, clip, { x: 40, y: 40 }, false)
    expect(pasted.nodes.map(({ id }) => id)).toEqual(['impute_1', 'scale_1'])
    expect(pasted.edges).toEqual([edge('impute_1', 'table', 'scale_1')])
    expect(insertFragment(line, pasted).nodes).toHaveLength(8)
  })

  it('keeps the feeding edge on request', () => {
    const clip = read(write(cut(line, chosen), incoming(line, chosen)))
    if (!clip) throw new Error('own text is read')
    expect(relabel(line, clip, { x: 0, y: 0 }, true).edges).toContainEqual(edge('file', 'table', 'impute_1'))
  })

  it.each(['', 'hello', '[]', '{"nodes": [{"id": 1}]}', '{"nodes": [], "edges": [{"source": "a"}]}'])(
    'refuses %j',
    (text) => {
      expect(read(text)).toBeNull()
    },
  )

  it('reads an exported file, and names the types that are not here', () => {
    const foreign = { ...line, nodes: [...line.nodes, node('x', 'far.away')] }
    const clip = read(toFile(foreign, 'Houses'))
    expect(clip?.fragment.nodes).toHaveLength(7)
    expect(clip && unknownTypes(clip.fragment, catalogue)).toEqual(['far.away'])
  })
})

describe('reading the graph', () => {
  it('walks along and against the edges', () => {
    expect([...reachable(line, ['linear'], 'downstream')]).toEqual(['linear', 'tune', 'deploy'])
    expect(reachable(line, ['scale'], 'upstream').size).toBe(3)
    expect(connected(line, ['tune']).size).toBe(6)
  })

  it('orders nodes by work and puts circles last', () => {
    const circle = { ...line, edges: [...line.edges, edge('scale', 'table', 'impute', 'again')] }
    expect(topological(line)).toEqual(['file', 'impute', 'scale', 'linear', 'tune', 'deploy'])
    expect(topological(circle)).toHaveLength(6)
  })
})

describe('the palette', () => {
  it('finds by title, keyword and id, best first', () => {
    expect(searchNodes(FIXTURE_NODES, 'miss').map(({ id }) => id)).toEqual(['clean.impute'])
    expect(searchNodes(FIXTURE_NODES, 'tune')[0]?.id).toBe('tune.tune')
    expect(searchNodes(FIXTURE_NODES, 'zebra')).toEqual([])
  })

  it('keeps the groups in the order of work', () => {
    expect(
      groupNodes(FIXTURE_NODES)
        .map(({ name }) => name)
        .slice(0, 3),
    ).toEqual(['source', 'clean', 'features'])
  })

  it('offers only nodes with a port that fits the loose end', () => {
    const ids = compatibleNodes(catalogue, { kind: 'model', needs: 'input' }).map(({ id }) => id)
    expect(ids).toEqual(['tune.tune', 'evaluate.evaluate', 'publish.deploy'])
  })
})

describe('arranging', () => {
  it('lays layers from left to right on the grid, and stays where the graph was', async () => {
    const short = { ...line, nodes: line.nodes.slice(0, 4), edges: line.edges.slice(0, 3) }
    const positions = await layoutPositions(short)
    const xs = short.nodes.map(({ id }) => positions[id]?.x ?? Number.NaN)
    expect(xs).toEqual([...xs].sort((a, b) => a - b))
    expect(Math.min(...xs)).toBe(0)
    expect(xs.every((x) => x % 8 === 0)).toBe(true)
    expect(new Set(short.nodes.map(({ id }) => positions[id]?.y)).size).toBe(1)
  })

  it('breaks a long line into rows of four, each below the one before', async () => {
    const positions = await layoutPositions(line)
    const at = (id: string) => positions[id] ?? { x: Number.NaN, y: Number.NaN }
    expect(at('tune').x).toBe(at('file').x)
    expect(at('deploy').x).toBe(at('impute').x)
    expect(at('linear').y).toBe(at('file').y)
    expect(at('tune').y).toBeGreaterThanOrEqual(at('file').y + 128)
  })

  it('keeps three hundred nodes in a row about as wide as a window', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `n${index}`)
    const edges = ids.slice(1).map((id, index) => edge(`n${index}`, 'table', id))
    const many = { ...EMPTY_DOCUMENT, nodes: ids.map((id) => node(id, 'clean.impute')), edges }
    const places = Object.values(await layoutPositions(many))
    const width = Math.max(...places.map(({ x }) => x)) + 232
    const height = Math.max(...places.map(({ y }) => y)) + 128
    expect(width / height).toBeGreaterThan(1)
    expect(width / height).toBeLessThan(2.5)
  })

  it('moves only the selection when there is one', async () => {
    const positions = await layoutPositions(line, new Map(), new Set(['impute', 'scale']))
    expect(Object.keys(positions).sort()).toEqual(['impute', 'scale'])
  })

  it('spreads with equal gaps between drawn boxes', () => {
    const nodes = [node('a', 'x', 0), node('b', 'x', 500), node('c', 'x', 1000)]
    const sizes = new Map([
      ['a', { width: 100, height: 50 }],
      ['b', { width: 300, height: 50 }],
      ['c', { width: 100, height: 50 }],
    ])
    expect(alignPositions(nodes, 'across', sizes)['b']).toEqual({ x: 400, y: 0 })
  })
})

describe('a node that follows another', () => {
  const description = (type: string) => {
    const found = catalogue.find(type)
    if (!found) throw new Error(type)
    return found
  }

  it('goes to its right, and below what lies there', () => {
    expect(besideOf({ ...line, nodes: line.nodes.slice(0, 1) }, 'file')).toEqual({ x: 288, y: 0 })
    const { x, y } = besideOf(line, 'file')
    expect(x).toBe(288)
    expect(y).toBeGreaterThan(128)
  })

  it('is connected where it fits, and not where it does not', () => {
    const linear = { id: 'new', description: description('model.linear') }
    expect(followingEdges(line, catalogue, 'scale', linear)).toEqual([edge('scale', 'table', 'new')])
    const deploy = { id: 'new', description: description('publish.deploy') }
    expect(followingEdges(line, catalogue, 'scale', deploy)).toEqual([])
  })

  it('is connected to the nearest node before the chosen one where that one has nothing for it', () => {
    const evaluated = {
      ...line,
      nodes: [...line.nodes, node('evaluate', 'evaluate.evaluate')],
      edges: [...line.edges, { ...edge('linear', 'model', 'evaluate'), target_port: 'model' }],
    }
    const deploy = { id: 'new', description: description('publish.deploy') }
    expect(nearestEdges(evaluated, catalogue, 'evaluate', deploy)).toEqual([
      { source: 'linear', source_port: 'model', target: 'new', target_port: 'model' },
    ])
    expect(nearestEdges(line, catalogue, 'scale', deploy)).toEqual([])
  })

  it('is offered before those that cannot follow', () => {
    const ordered = followersFirst(catalogue.nodes, line, catalogue, 'linear')
    expect(ordered.slice(0, 3).map(({ id }) => id)).toEqual([
      'tune.tune',
      'evaluate.evaluate',
      'publish.deploy',
    ])
    expect(ordered).toHaveLength(catalogue.nodes.length)
  })
})
