import type { Catalogue, GraphDocument, GraphEdge, GraphNode, PortDescription } from './types'

export function findNode(document: GraphDocument, id: string): GraphNode | undefined {
  return document.nodes.find((node) => node.id === id)
}

export function edgeId(edge: GraphEdge): string {
  return `${edge.source}:${edge.source_port}>${edge.target}:${edge.target_port}`
}

export function inputPort(
  document: GraphDocument,
  catalogue: Catalogue,
  nodeId: string,
  port: string,
): PortDescription | undefined {
  const node = findNode(document, nodeId)
  return node && catalogue.find(node.type)?.inputs.find((candidate) => candidate.name === port)
}

export function outputPort(
  document: GraphDocument,
  catalogue: Catalogue,
  nodeId: string,
  port: string,
): PortDescription | undefined {
  const node = findNode(document, nodeId)
  return node && catalogue.find(node.type)?.outputs.find((candidate) => candidate.name === port)
}

export function titleOf(node: GraphNode, catalogue: Catalogue): string {
  return node.title || catalogue.find(node.type)?.title || node.type
}

export type Direction = 'upstream' | 'downstream'

/** Every node that can be reached from these along the edges, these included. */
export function reachable(
  document: GraphDocument,
  from: Iterable<string>,
  direction: Direction,
): ReadonlySet<string> {
  const next = adjacency(document, direction)
  const seen = new Set(from)
  const waiting = [...seen]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const neighbour of next.get(id) ?? []) {
      if (!seen.has(neighbour)) {
        seen.add(neighbour)
        waiting.push(neighbour)
      }
    }
  }
  return seen
}

function adjacency(document: GraphDocument, direction: Direction): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>()
  for (const edge of document.edges) {
    const [from, to] = direction === 'upstream' ? [edge.target, edge.source] : [edge.source, edge.target]
    const list = next.get(from)
    if (list) list.push(to)
    else next.set(from, [to])
  }
  return next
}

export function neighbours(document: GraphDocument, id: string, direction: Direction): readonly string[] {
  const found =
    direction === 'upstream'
      ? document.edges.filter((edge) => edge.target === id).map((edge) => edge.source)
      : document.edges.filter((edge) => edge.source === id).map((edge) => edge.target)
  return [...new Set(found)]
}

/** Every node joined with these by edges in any direction, these included. */
export function connected(document: GraphDocument, from: Iterable<string>): ReadonlySet<string> {
  const seen = new Set(from)
  let before = -1
  while (before !== seen.size) {
    before = seen.size
    for (const edge of document.edges) {
      if (seen.has(edge.source)) seen.add(edge.target)
      if (seen.has(edge.target)) seen.add(edge.source)
    }
  }
  return seen
}

/** Node ids so that each stands after all that feed it; nodes in a cycle come last. */
export function topological(document: GraphDocument): readonly string[] {
  const open = new Map(
    document.nodes.map((node) => [node.id, neighbours(document, node.id, 'upstream').length]),
  )
  const ready = document.nodes.filter((node) => open.get(node.id) === 0).map((node) => node.id)
  const order: string[] = []
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    order.push(id)
    for (const next of neighbours(document, id, 'downstream')) {
      const left = (open.get(next) ?? 0) - 1
      open.set(next, left)
      if (left === 0) ready.push(next)
    }
  }
  const placed = new Set(order)
  return [...order, ...document.nodes.map((node) => node.id).filter((id) => !placed.has(id))]
}

const connectedInputs = new WeakMap<GraphDocument['edges'], ReadonlyMap<string, string>>()

/** The inputs of a node that have an edge, as one text; made once for each set of edges. */
export function connectedInputsOf(document: GraphDocument, id: string): string {
  let byNode = connectedInputs.get(document.edges)
  if (!byNode) {
    const made = new Map<string, string>()
    for (const edge of document.edges) {
      made.set(edge.target, `${made.get(edge.target) ?? ''}${edge.target_port} `)
    }
    byNode = made
    connectedInputs.set(document.edges, made)
  }
  return byNode.get(id) ?? ''
}
