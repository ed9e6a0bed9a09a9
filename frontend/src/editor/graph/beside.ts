import { fittingPort } from './catalogue'
import { clearSpot } from './change'
import { findNode } from './read'
import {
  type Catalogue,
  type GraphDocument,
  type GraphEdge,
  NODE_SIZE,
  type NodeDescription,
  type Position,
} from './types'

const GAP = 56

/** Where a node goes that follows another: to its right, lower where something lies there already. */
export function besideOf(
  document: GraphDocument,
  id: string,
  sizes: ReadonlyMap<string, { readonly width: number; readonly height: number }> = new Map(),
): Position {
  const { x, y } = findNode(document, id)?.position ?? { x: 0, y: 0 }
  const width = sizes.get(id)?.width ?? NODE_SIZE.width
  return clearSpot(document, { x: x + width + GAP, y }, sizes)
}

/**
 * The edges from a node to a new one that is put beside it: from its first output that fits, and where it has none from
 * the nearest node before it that has one; none where nothing fits.
 */
export function nearestEdges(
  document: GraphDocument,
  catalogue: Catalogue,
  source: string,
  target: { readonly id: string; readonly description: NodeDescription },
): readonly GraphEdge[] {
  const waiting = [source]
  // Goes on while it grows, one step further away at a time.
  for (const id of waiting) {
    const edges = followingEdges(document, catalogue, id, target)
    if (edges.length > 0) return edges
    for (const edge of document.edges) {
      if (edge.target === id && !waiting.includes(edge.source)) waiting.push(edge.source)
    }
  }
  return []
}

/** The edges from a node to a new one that follows it: from its first output that fits; none where nothing does. */
export function followingEdges(
  document: GraphDocument,
  catalogue: Catalogue,
  source: string,
  target: { readonly id: string; readonly description: NodeDescription },
): readonly GraphEdge[] {
  const outputs = catalogue.find(findNode(document, source)?.type ?? '')?.outputs ?? []
  for (const output of outputs) {
    const port = fittingPort(target.description, { kind: output.wire, needs: 'input' })
    if (port) return [{ source, source_port: output.name, target: target.id, target_port: port.name }]
  }
  return []
}

/** The nodes that can follow this one first, each part in the order that it had. */
export function followersFirst(
  nodes: readonly NodeDescription[],
  document: GraphDocument,
  catalogue: Catalogue,
  source: string,
): readonly NodeDescription[] {
  const follows = (description: NodeDescription) =>
    followingEdges(document, catalogue, source, { id: '', description }).length > 0
  return [...nodes.filter(follows), ...nodes.filter((node) => !follows(node))]
}
