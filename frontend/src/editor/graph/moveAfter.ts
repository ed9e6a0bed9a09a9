import { healingEdges, moveNodes } from './change'
import { connect } from './connect'
import { findNode, outputPort, reachable, topological } from './read'
import type { Catalogue, GraphDocument, GraphEdge, NodeDescription, ValueKind } from './types'

/**
 * Put a node that stands before another one of a type behind it: the edges close where it stood, and every edge that
 * leaves the other one leads through it. Nodes between the two that learn from rows go along, so that the order among
 * them stays. Nothing changes when no node of the type follows.
 */
export function moveAfter(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
  type: string,
): GraphDocument {
  const between = pathTo(document, catalogue, id, type)
  const pivot = between.at(-1)
  if (pivot === undefined || pivot === id) return document
  const goesAlong = (other: string) => {
    const node = findNode(document, other)
    return other === id || (other !== pivot && node && catalogue.find(node.type)?.serve === 'fitted')
  }
  const moving = between.filter(goesAlong)
  const order = [...between.filter((other) => !moving.includes(other)), ...moving]
  const rewired = moving.reduceRight((result, other) => moveOne(result, catalogue, other, pivot), document)
  return swapPositions(rewired, between, order)
}

/** The nodes from this one to the nearest of the type that follows, both ends included, in the order of work. */
function pathTo(document: GraphDocument, catalogue: Catalogue, id: string, type: string): readonly string[] {
  const after = reachable(document, [id], 'downstream')
  const order = topological(document)
  const wanted = catalogue.find(type)
  const pivot = order.find((other) => {
    const node = findNode(document, other)
    return node && other !== id && after.has(other) && catalogue.find(node.type) === wanted
  })
  if (pivot === undefined) return []
  const before = reachable(document, [pivot], 'upstream')
  return order.filter((other) => after.has(other) && before.has(other))
}

/** Take a node out of its edges and thread it into all that leave the pivot with what it passes on. */
function moveOne(document: GraphDocument, catalogue: Catalogue, id: string, pivot: string): GraphDocument {
  const description = catalogue.find(findNode(document, id)?.type ?? '')
  const through = description && passThroughPorts(description)
  if (!through) return document
  const own = document.edges.filter((edge) => edge.source === id || edge.target === id)
  const free = healingEdges(document, catalogue, id).reduce(connect, {
    ...document,
    edges: document.edges.filter((edge) => !own.includes(edge)),
  })
  const leaving = free.edges.filter(
    (edge) =>
      edge.source === pivot && outputPort(free, catalogue, pivot, edge.source_port)?.wire === through.kind,
  )
  const pivotKind = catalogue.find(findNode(free, pivot)?.type ?? '')
  const port = pivotKind?.outputs.find((output) => output.wire === through.kind)?.name
  if (port === undefined) return document
  const into: GraphEdge = { source: pivot, source_port: port, target: id, target_port: through.input }
  const out = leaving.map((edge) => ({ ...edge, source: id, source_port: through.output }))
  const sides = own.filter(
    (edge) =>
      (edge.target === id && edge.target_port !== through.input) ||
      (edge.source === id && edge.source_port !== through.output),
  )
  return [into, ...out, ...sides].reduce(connect, free)
}

interface PortPair {
  readonly kind: ValueKind
  readonly input: string
  readonly output: string
}

/** The first input and output of the same value kind; `undefined` when the node has none. */
function passThroughPorts(description: NodeDescription): PortPair | undefined {
  for (const input of description.inputs) {
    const output = description.outputs.find((port) => port.wire === input.wire)
    if (output) return { kind: input.wire, input: input.name, output: output.name }
  }
  return undefined
}

/** Give the nodes, in their new order, the positions that they had in the old one. */
function swapPositions(
  document: GraphDocument,
  before: readonly string[],
  after: readonly string[],
): GraphDocument {
  const places = before.map((id) => findNode(document, id)?.position)
  const moved = after.flatMap((id, index) => {
    const place = places[index]
    return place ? [[id, place] as const] : []
  })
  return moveNodes(document, Object.fromEntries(moved))
}
