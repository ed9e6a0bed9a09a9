import { connect, edgeInto } from './connect'
import { moveNotes } from './notes'
import { findNode, inputPort, outputPort } from './read'
import {
  type Catalogue,
  GRID,
  type GraphDocument,
  type GraphEdge,
  type GraphNode,
  NODE_SIZE,
  type NodeDescription,
  type Params,
  type Position,
} from './types'

export function snap(position: Position): Position {
  return { x: Math.round(position.x / GRID) * GRID, y: Math.round(position.y / GRID) * GRID }
}

/** An id that is free in the document and says what the node is: `impute_2`. */
export function freeId(taken: ReadonlySet<string>, type: string): string {
  const stem = (type.split('.').at(-1) ?? 'node').replace(/[^a-zA-Z0-9_]/g, '_')
  for (let number = 1; ; number += 1) {
    const id = `${stem}_${number}`
    if (!taken.has(id)) return id
  }
}

export function newNode(
  document: GraphDocument,
  description: NodeDescription,
  position: Position,
  params: Params = {},
): GraphNode {
  return {
    id: freeId(new Set(document.nodes.map((node) => node.id)), description.id),
    type: description.id,
    version: description.version,
    params,
    position: freeSpot(document, snap(position)),
    title: '',
    is_disabled: false,
    is_frozen: false,
  }
}

/** Step aside when a node already lies at this very place, so that none hides another. */
function freeSpot(document: GraphDocument, position: Position): Position {
  const lies = (at: Position) =>
    document.nodes.some(
      (node) => Math.abs(node.position.x - at.x) < 24 && Math.abs(node.position.y - at.y) < 24,
    )
  let spot = position
  while (lies(spot)) spot = { x: spot.x + 24, y: spot.y + 24 }
  return spot
}

type Sizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>

/** The nearest place at or below this one where a new node covers no other. */
export function clearSpot(document: GraphDocument, at: Position, sizes: Sizes = new Map()): Position {
  const covers = (y: number) =>
    document.nodes.some((node) => {
      const size = sizes.get(node.id) ?? NODE_SIZE
      return (
        at.x < node.position.x + size.width + GRID &&
        node.position.x < at.x + NODE_SIZE.width + GRID &&
        y < node.position.y + size.height + GRID &&
        node.position.y < y + NODE_SIZE.height + GRID
      )
    })
  let { y } = at
  while (covers(y)) y += GRID * 2
  return snap({ x: at.x, y })
}

export function addNode(
  document: GraphDocument,
  node: GraphNode,
  edges: readonly GraphEdge[] = [],
): GraphDocument {
  return edges.reduce(connect, { ...document, nodes: [...document.nodes, node] })
}

/** Remove nodes; unless told not to, lead each edge on that a removed node passed through. */
export function removeNodes(
  document: GraphDocument,
  catalogue: Catalogue,
  ids: Iterable<string>,
  heals = true,
): GraphDocument {
  let result = document
  for (const id of ids) result = removeNode(result, catalogue, id, heals)
  return result
}

function removeNode(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
  heals: boolean,
): GraphDocument {
  const healed = heals ? healingEdges(document, catalogue, id) : []
  const rest: GraphDocument = {
    ...document,
    nodes: document.nodes.filter((node) => node.id !== id),
    edges: document.edges.filter((edge) => edge.source !== id && edge.target !== id),
  }
  return healed.reduce(connect, rest)
}

export function healingEdges(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
): readonly GraphEdge[] {
  const incoming = document.edges.filter((edge) => edge.target === id)
  const outgoing = document.edges.filter((edge) => edge.source === id)
  return outgoing.flatMap((out) => {
    const kind = inputPort(document, catalogue, out.target, out.target_port)?.wire
    const feed = incoming.find(
      (edge) => outputPort(document, catalogue, edge.source, edge.source_port)?.wire === kind,
    )
    return feed && kind
      ? [
          {
            source: feed.source,
            source_port: feed.source_port,
            target: out.target,
            target_port: out.target_port,
          },
        ]
      : []
  })
}

function mapNode(document: GraphDocument, id: string, change: (node: GraphNode) => GraphNode): GraphDocument {
  return { ...document, nodes: document.nodes.map((node) => (node.id === id ? change(node) : node)) }
}

export function moveNodes(
  document: GraphDocument,
  positions: Readonly<Record<string, Position>>,
): GraphDocument {
  return {
    ...document,
    nodes: document.nodes.map((node) => {
      const to = positions[node.id]
      return to && (to.x !== node.position.x || to.y !== node.position.y) ? { ...node, position: to } : node
    }),
    notes: moveNotes(document.notes, positions),
  }
}

export function renameNode(document: GraphDocument, id: string, title: string): GraphDocument {
  return mapNode(document, id, (node) => ({ ...node, title: title.trim() }))
}

/** Set parameters; a value of `undefined` goes back to the default by leaving the parameter out. */
export function setParams(
  document: GraphDocument,
  id: string,
  changes: Readonly<Record<string, Params[string] | undefined>>,
): GraphDocument {
  return mapNode(document, id, (node) => {
    const merged = Object.entries({ ...node.params, ...changes }).filter(([, value]) => value !== undefined)
    return { ...node, params: Object.fromEntries(merged) as Params }
  })
}

export function setDisabled(
  document: GraphDocument,
  ids: ReadonlySet<string>,
  isDisabled: boolean,
): GraphDocument {
  return {
    ...document,
    nodes: document.nodes.map((node) => (ids.has(node.id) ? { ...node, is_disabled: isDisabled } : node)),
  }
}

export function setFrozen(
  document: GraphDocument,
  ids: ReadonlySet<string>,
  isFrozen: boolean,
): GraphDocument {
  return {
    ...document,
    nodes: document.nodes.map((node) => (ids.has(node.id) ? { ...node, is_frozen: isFrozen } : node)),
  }
}

/** Let a node run for so many seconds at most; 0 for no limit of its own. */
export function setTimeLimit(document: GraphDocument, id: string, seconds: number): GraphDocument {
  return mapNode(document, id, ({ time_limit_seconds: _, ...node }) =>
    seconds > 0 ? { ...node, time_limit_seconds: seconds } : node,
  )
}

/** Put another kind of node in the place of this one; edges and parameters that still fit stay. */
export function replaceNode(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
  description: NodeDescription,
): GraphDocument {
  const kept = Object.keys(description.defaults)
  const changed = mapNode(document, id, (node) => ({
    ...node,
    type: description.id,
    version: description.version,
    title: '',
    params: Object.fromEntries(Object.entries(node.params).filter(([name]) => kept.includes(name))),
  }))
  const edges = document.edges.flatMap((edge) => {
    if (edge.source !== id && edge.target !== id) return [edge]
    const ports = edge.source === id ? description.outputs : description.inputs
    const before =
      edge.source === id
        ? outputPort(document, catalogue, id, edge.source_port)
        : inputPort(document, catalogue, id, edge.target_port)
    const port = ports.find((candidate) => candidate.wire === before?.wire)
    if (!port) return []
    return [edge.source === id ? { ...edge, source_port: port.name } : { ...edge, target_port: port.name }]
  })
  return { ...changed, edges }
}

/** Where a new node goes in front of `target`, and the edges that thread it in. */
export function insertBefore(
  document: GraphDocument,
  description: NodeDescription,
  target: string,
  params: Params = {},
): {
  readonly node: GraphNode
  readonly edges: readonly GraphEdge[]
  readonly moved: Readonly<Record<string, Position>>
} {
  const after = findNode(document, target)
  const position = after?.position ?? { x: 0, y: 0 }
  const node = newNode(document, description, { x: position.x + 1, y: position.y }, params)
  const placed: GraphNode = { ...node, position }
  const input = description.inputs[0]
  const output = description.outputs[0]
  const feed = input && document.edges.find((edge) => edge.target === target)
  const edges: GraphEdge[] = []
  if (feed && input) {
    edges.push({
      source: feed.source,
      source_port: feed.source_port,
      target: node.id,
      target_port: input.name,
    })
  }
  if (output && feed) {
    edges.push({ source: node.id, source_port: output.name, target, target_port: feed.target_port })
  }
  return { node: placed, edges, moved: makeRoom(document, target) }
}

function makeRoom(document: GraphDocument, target: string): Readonly<Record<string, Position>> {
  const after = findNode(document, target)
  if (!after) return {}
  const step = NODE_SIZE.width + 56
  return Object.fromEntries(
    document.nodes
      .filter((node) => node.position.x >= after.position.x)
      .map((node) => [node.id, { x: node.position.x + step, y: node.position.y }]),
  )
}

/** The edges that splice a node into an existing edge, or none when it does not fit there. */
export function splicingEdges(
  document: GraphDocument,
  catalogue: Catalogue,
  edge: GraphEdge,
  nodeId: string,
  description: NodeDescription,
): readonly GraphEdge[] {
  const kind = outputPort(document, catalogue, edge.source, edge.source_port)?.wire
  const input = description.inputs.find((port) => port.wire === kind)
  const output = description.outputs.find((port) => port.wire === kind)
  if (!input || !output || edgeInto(document, nodeId, input.name)) return []
  return [
    { source: edge.source, source_port: edge.source_port, target: nodeId, target_port: input.name },
    { source: nodeId, source_port: output.name, target: edge.target, target_port: edge.target_port },
  ]
}
