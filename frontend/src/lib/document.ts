import type { GraphDocument, GraphNode } from '@/contracts'

type Fix = { type: string; version: number; params: Record<string, unknown> }

/** Room between two nodes that stand side by side on the canvas, from left edge to left edge. */
const STEP_X = 272

function freshId(document: GraphDocument, type: string): string {
  const stem = type.split('.').at(-1) ?? 'node'
  const taken = new Set(document.nodes.map((node) => node.id))
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? stem : `${stem}_${number}`
    if (!taken.has(id)) return id
  }
}

function nodeOf(id: string, type: string, params: Record<string, unknown>, x: number, y: number): GraphNode {
  return { id, type, version: 1, params, position: { x, y }, title: '', is_disabled: false, is_frozen: false }
}

/** A graph of one node that reads a data set. */
export function documentOfDataset(dataset: string): GraphDocument {
  return { nodes: [nodeOf('source', 'source.file', { dataset }, 0, 0)], edges: [], notes: [], seed: 0 }
}

/** A graph of one node with these parameters. */
export function documentOfNode(type: string, params: Record<string, unknown>): GraphDocument {
  return { nodes: [nodeOf('source', type, params, 0, 0)], edges: [], notes: [], seed: 0 }
}

/** The graph with the fixes put right behind its source, in order; what followed moves to the right. */
export function withFixes(document: GraphDocument, fixes: readonly Fix[]): GraphDocument {
  const source = document.nodes.find((node) => node.type.startsWith('source.'))
  if (!source) return document
  return fixes.reduce<{ document: GraphDocument; behind: GraphNode }>(
    ({ document: before, behind }, fix) => {
      const id = freshId(before, fix.type)
      const node = nodeOf(id, fix.type, fix.params, behind.position.x + STEP_X, behind.position.y)
      const added = { ...node, version: fix.version }
      const moved = before.nodes.map((node) =>
        node.position.x > behind.position.x
          ? { ...node, position: { ...node.position, x: node.position.x + STEP_X } }
          : node,
      )
      const rewired = before.edges.map((edge) =>
        edge.source === behind.id ? { ...edge, source: id, source_port: 'table' } : edge,
      )
      const edge = { source: behind.id, source_port: 'table', target: id, target_port: 'table' }
      const next = { ...before, nodes: [...moved, added], edges: [...rewired, edge] }
      return { document: next, behind: added }
    },
    { document, behind: source },
  ).document
}
