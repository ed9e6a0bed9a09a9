import { converters } from './catalogue'
import { edgeId, findNode, inputPort, outputPort, reachable, titleOf } from './read'
import type { Catalogue, GraphDocument, GraphEdge, ValueKind } from './types'

/** Why an edge is refused; the words stand in the text catalogue under `refusal.<code>`. */
export type Refusal =
  | { readonly code: 'unknown_port' }
  | { readonly code: 'side'; readonly side: 'output' | 'input' }
  | { readonly code: 'self'; readonly node: string }
  | { readonly code: 'exists' }
  | { readonly code: 'cycle'; readonly source: string; readonly target: string }
  | {
      readonly code: 'kind'
      readonly given: ValueKind
      readonly wanted: ValueKind
      readonly port: string
      readonly target: string
      /** A node that would turn the one into the other; empty when there is none. */
      readonly between: string
    }

export type ConnectionCheck =
  | { readonly ok: true; readonly replaces: GraphEdge | null }
  | { readonly ok: false; readonly reason: Refusal }

/** Say whether this edge may be drawn, what it would replace, or why not. */
export function canConnect(document: GraphDocument, catalogue: Catalogue, edge: GraphEdge): ConnectionCheck {
  const output = outputPort(document, catalogue, edge.source, edge.source_port)
  const input = inputPort(document, catalogue, edge.target, edge.target_port)
  if (!output || !input) return refuse({ code: 'unknown_port' })
  if (edge.source === edge.target)
    return refuse({ code: 'self', node: nameOf(document, catalogue, edge.source) })
  if (output.wire !== input.wire) {
    return refuse({
      code: 'kind',
      given: output.wire,
      wanted: input.wire,
      port: input.name,
      target: nameOf(document, catalogue, edge.target),
      between: converters(catalogue, output.wire, input.wire)[0]?.title ?? '',
    })
  }
  if (document.edges.some((other) => edgeId(other) === edgeId(edge))) return refuse({ code: 'exists' })
  if (reachable(document, [edge.target], 'downstream').has(edge.source)) {
    return refuse({
      code: 'cycle',
      source: nameOf(document, catalogue, edge.source),
      target: nameOf(document, catalogue, edge.target),
    })
  }
  return { ok: true, replaces: edgeInto(document, edge.target, edge.target_port) }
}

function refuse(reason: Refusal): ConnectionCheck {
  return { ok: false, reason }
}

function nameOf(document: GraphDocument, catalogue: Catalogue, id: string): string {
  const node = findNode(document, id)
  return node ? titleOf(node, catalogue) : id
}

export function edgeInto(document: GraphDocument, target: string, port: string): GraphEdge | null {
  return document.edges.find((edge) => edge.target === target && edge.target_port === port) ?? null
}

/** The end an edge is being drawn from. */
export interface EdgeEnd {
  readonly node: string
  readonly port: string
  readonly side: 'output' | 'input'
}

export function portKey(node: string, side: 'output' | 'input', port: string): string {
  return `${node} ${side}:${port}`
}

/** The ports where an edge drawn from this end may arrive, as `portKey`s. One walk for the whole graph. */
export function legalPorts(document: GraphDocument, catalogue: Catalogue, end: EdgeEnd): ReadonlySet<string> {
  const isForward = end.side === 'output'
  const kind = (isForward ? outputPort : inputPort)(document, catalogue, end.node, end.port)?.wire
  const wouldCycle = reachable(document, [end.node], isForward ? 'upstream' : 'downstream')
  const legal = new Set<string>()
  for (const node of document.nodes) {
    if (wouldCycle.has(node.id)) continue
    const description = catalogue.find(node.type)
    for (const port of (isForward ? description?.inputs : description?.outputs) ?? []) {
      if (port.wire === kind) legal.add(portKey(node.id, isForward ? 'input' : 'output', port.name))
    }
  }
  return legal
}

/** Add an edge; an input holds one edge, so the old one into the same input goes. */
export function connect(document: GraphDocument, edge: GraphEdge): GraphDocument {
  const kept = document.edges.filter(
    (other) => other.target !== edge.target || other.target_port !== edge.target_port,
  )
  return { ...document, edges: [...kept, edge] }
}

export function removeEdges(document: GraphDocument, ids: ReadonlySet<string>): GraphDocument {
  return { ...document, edges: document.edges.filter((edge) => !ids.has(edgeId(edge))) }
}

/** The edges that can be drawn between two nodes, best first; used by the outline and by splicing. */
export function possibleEdges(
  document: GraphDocument,
  catalogue: Catalogue,
  source: string,
  target: string,
): readonly GraphEdge[] {
  const from = findNode(document, source)
  const to = findNode(document, target)
  const outputs = (from && catalogue.find(from.type)?.outputs) ?? []
  const inputs = (to && catalogue.find(to.type)?.inputs) ?? []
  return outputs
    .flatMap((output) =>
      inputs.map((input) => ({ source, source_port: output.name, target, target_port: input.name })),
    )
    .filter((edge) => canConnect(document, catalogue, edge).ok)
    .sort((a, b) => taken(document, a) - taken(document, b))
}

function taken(document: GraphDocument, edge: GraphEdge): number {
  return edgeInto(document, edge.target, edge.target_port) ? 1 : 0
}
