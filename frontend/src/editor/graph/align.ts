import { snap } from './change'
import { type GraphNode, NODE_SIZE, type Position } from './types'

export type Alignment = 'left' | 'top' | 'across' | 'down'
type Sizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>

/** New places for nodes put in line, or spread with equal gaps between their drawn boxes. */
export function alignPositions(
  nodes: readonly GraphNode[],
  how: Alignment,
  sizes: Sizes = new Map(),
): Readonly<Record<string, Position>> {
  switch (how) {
    case 'left': {
      const x = Math.min(...nodes.map((node) => node.position.x))
      return Object.fromEntries(nodes.map((node) => [node.id, { x, y: node.position.y }]))
    }
    case 'top': {
      const y = Math.min(...nodes.map((node) => node.position.y))
      return Object.fromEntries(nodes.map((node) => [node.id, { x: node.position.x, y }]))
    }
    case 'across':
      return spread(nodes, 'x', (id) => (sizes.get(id) ?? NODE_SIZE).width)
    case 'down':
      return spread(nodes, 'y', (id) => (sizes.get(id) ?? NODE_SIZE).height)
  }
}

function spread(
  nodes: readonly GraphNode[],
  axis: 'x' | 'y',
  lengthOf: (id: string) => number,
): Readonly<Record<string, Position>> {
  const sorted = [...nodes].sort((a, b) => a.position[axis] - b.position[axis])
  const first = sorted[0]
  const last = sorted.at(-1)
  if (!first || !last) return {}
  const taken = sorted.reduce((sum, node) => sum + lengthOf(node.id), 0)
  const span = last.position[axis] + lengthOf(last.id) - first.position[axis]
  const gap = (span - taken) / Math.max(1, sorted.length - 1)
  let at = first.position[axis]
  return Object.fromEntries(
    sorted.map((node) => {
      const place = snap({ ...node.position, [axis]: at })
      at += lengthOf(node.id) + gap
      return [node.id, place]
    }),
  )
}
