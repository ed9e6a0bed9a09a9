import { snap } from './change'
import { type GraphDocument, NODE_SIZE, type Position } from './types'

export type Sizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>

/** Positions in layers from left to right. With a selection only those nodes move, around the place they have. */
export async function layoutPositions(
  document: GraphDocument,
  sizes: Sizes = new Map(),
  only: ReadonlySet<string> = new Set(),
): Promise<Readonly<Record<string, Position>>> {
  const { default: dagre } = await import('@dagrejs/dagre')
  const chosen = document.nodes.filter((node) => only.size < 2 || only.has(node.id))
  const ids = new Set(chosen.map((node) => node.id))
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', ranksep: 72, nodesep: 40, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of chosen) graph.setNode(node.id, { ...(sizes.get(node.id) ?? NODE_SIZE) })
  for (const edge of document.edges) {
    if (ids.has(edge.source) && ids.has(edge.target)) graph.setEdge(edge.source, edge.target)
  }
  dagre.layout(graph)
  const corners = chosen.map((node) => {
    const box = graph.node(node.id) as { x: number; y: number; width: number; height: number }
    return { id: node.id, x: box.x - box.width / 2, y: box.y - box.height / 2 }
  })
  const left = Math.min(...chosen.map((node) => node.position.x))
  const top = Math.min(...chosen.map((node) => node.position.y))
  const dx = left - Math.min(...corners.map((corner) => corner.x))
  const dy = top - Math.min(...corners.map((corner) => corner.y))
  return Object.fromEntries(corners.map(({ id, x, y }) => [id, snap({ x: x + dx, y: y + dy })]))
}
