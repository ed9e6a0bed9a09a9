import { converters } from './catalogue'
import { findNode, inputPort, outputPort, reach, titleOf, wireId } from './read'
import type { Catalogue, GraphDocument, Wire, WireKind } from './types'

/** Why a wire is refused; the words stand in the text catalogue under `refusal.<code>`. */
export type Refusal =
  | { readonly code: 'unknown_port' }
  | { readonly code: 'side'; readonly side: 'output' | 'input' }
  | { readonly code: 'self'; readonly node: string }
  | { readonly code: 'exists' }
  | { readonly code: 'cycle'; readonly source: string; readonly target: string }
  | {
      readonly code: 'kind'
      readonly given: WireKind
      readonly wanted: WireKind
      readonly port: string
      readonly target: string
      /** A node that would turn the one into the other; empty when there is none. */
      readonly between: string
    }

export type Verdict =
  | { readonly ok: true; readonly replaces: Wire | null }
  | { readonly ok: false; readonly reason: Refusal }

/** Say whether this wire may be drawn, what it would replace, or why not. */
export function canConnect(document: GraphDocument, catalogue: Catalogue, wire: Wire): Verdict {
  const output = outputPort(document, catalogue, wire.source, wire.source_port)
  const input = inputPort(document, catalogue, wire.target, wire.target_port)
  if (!output || !input) return refuse({ code: 'unknown_port' })
  if (wire.source === wire.target)
    return refuse({ code: 'self', node: nameOf(document, catalogue, wire.source) })
  if (output.wire !== input.wire) {
    return refuse({
      code: 'kind',
      given: output.wire,
      wanted: input.wire,
      port: input.name,
      target: nameOf(document, catalogue, wire.target),
      between: converters(catalogue, output.wire, input.wire)[0]?.title ?? '',
    })
  }
  if (document.edges.some((edge) => wireId(edge) === wireId(wire))) return refuse({ code: 'exists' })
  if (reach(document, [wire.target], 'downstream').has(wire.source)) {
    return refuse({
      code: 'cycle',
      source: nameOf(document, catalogue, wire.source),
      target: nameOf(document, catalogue, wire.target),
    })
  }
  return { ok: true, replaces: wireInto(document, wire.target, wire.target_port) }
}

function refuse(reason: Refusal): Verdict {
  return { ok: false, reason }
}

function nameOf(document: GraphDocument, catalogue: Catalogue, id: string): string {
  const node = findNode(document, id)
  return node ? titleOf(node, catalogue) : id
}

export function wireInto(document: GraphDocument, target: string, port: string): Wire | null {
  return document.edges.find((edge) => edge.target === target && edge.target_port === port) ?? null
}

/** The end a wire is being drawn from. */
export interface WireEnd {
  readonly node: string
  readonly port: string
  readonly side: 'output' | 'input'
}

export function portKey(node: string, side: 'output' | 'input', port: string): string {
  return `${node} ${side}:${port}`
}

/** The ports where a wire drawn from this end may arrive, as `portKey`s. One walk for the whole graph. */
export function legalPorts(document: GraphDocument, catalogue: Catalogue, end: WireEnd): ReadonlySet<string> {
  const isForward = end.side === 'output'
  const kind = (isForward ? outputPort : inputPort)(document, catalogue, end.node, end.port)?.wire
  const wouldCycle = reach(document, [end.node], isForward ? 'upstream' : 'downstream')
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

/** Add a wire; an input holds one wire, so the old one into the same input goes. */
export function connect(document: GraphDocument, wire: Wire): GraphDocument {
  const kept = document.edges.filter(
    (edge) => edge.target !== wire.target || edge.target_port !== wire.target_port,
  )
  return { ...document, edges: [...kept, wire] }
}

export function removeWires(document: GraphDocument, ids: ReadonlySet<string>): GraphDocument {
  return { ...document, edges: document.edges.filter((edge) => !ids.has(wireId(edge))) }
}

/** The wires that can be drawn between two nodes, best first; used by the outline and by splicing. */
export function possibleWires(
  document: GraphDocument,
  catalogue: Catalogue,
  source: string,
  target: string,
): readonly Wire[] {
  const from = findNode(document, source)
  const to = findNode(document, target)
  const outputs = (from && catalogue.find(from.type)?.outputs) ?? []
  const inputs = (to && catalogue.find(to.type)?.inputs) ?? []
  return outputs
    .flatMap((output) =>
      inputs.map((input) => ({ source, source_port: output.name, target, target_port: input.name })),
    )
    .filter((wire) => canConnect(document, catalogue, wire).ok)
    .sort((a, b) => taken(document, a) - taken(document, b))
}

function taken(document: GraphDocument, wire: Wire): number {
  return wireInto(document, wire.target, wire.target_port) ? 1 : 0
}
