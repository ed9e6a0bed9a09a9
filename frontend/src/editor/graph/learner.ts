import { inputPort } from './read'
import type { Catalogue, GraphDocument, NodeDescription } from './types'

/** The node that trains the model which arrives at this one: the first upstream along models that takes none itself. */
export function learnerOf(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
): NodeDescription | undefined {
  const seen = new Set<string>()
  let at = id
  while (!seen.has(at)) {
    seen.add(at)
    const edge = document.edges.find(
      ({ target, target_port: port }) =>
        target === at && inputPort(document, catalogue, at, port)?.wire === 'model',
    )
    if (!edge) break
    at = edge.source
  }
  const node = at === id ? undefined : document.nodes.find((each) => each.id === at)
  return node && catalogue.find(node.type)
}
