import { snap } from './change'
import { type GraphDocument, NODE_SIZE, type Position } from './types'

export type Sizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>

/** Room between two columns of a row, and between two rows. */
const COLUMN_GAP = 56
const ROW_GAP = 72
/** A row has this many columns, as in a graph that is drawn for a table; more where there would be many rows. */
const IN_A_ROW = 4
/** Width to height of what is looked at. */
const ASPECT = 1.7

interface Box extends Position {
  readonly id: string
  readonly width: number
  readonly height: number
}

/**
 * Positions in columns from left to right, broken into rows: one long line is not readable on a laptop. With a selection
 * only those nodes move, around the place they have.
 */
export async function layoutPositions(
  document: GraphDocument,
  sizes: Sizes = new Map(),
  only: ReadonlySet<string> = new Set(),
): Promise<Readonly<Record<string, Position>>> {
  const { default: dagre } = await import('@dagrejs/dagre')
  const chosen = document.nodes.filter((node) => only.size < 2 || only.has(node.id))
  const ids = new Set(chosen.map((node) => node.id))
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', ranksep: COLUMN_GAP, nodesep: 40, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of chosen) graph.setNode(node.id, { ...(sizes.get(node.id) ?? NODE_SIZE) })
  for (const edge of document.edges) {
    if (ids.has(edge.source) && ids.has(edge.target)) graph.setEdge(edge.source, edge.target)
  }
  dagre.layout(graph)
  const boxes = chosen.map(({ id }): Box => {
    const { x, y, width, height } = graph.node(id) as Box
    return { id, x: x - width / 2, y: y - height / 2, width, height }
  })
  const corners = inRows(columnsOf(boxes))
  const left = Math.min(...chosen.map((node) => node.position.x))
  const top = Math.min(...chosen.map((node) => node.position.y))
  return Object.fromEntries(corners.map(({ id, x, y }) => [id, snap({ x: x + left, y: y + top })]))
}

/** The boxes of each rank, from left to right; all of a rank have the same middle. */
function columnsOf(boxes: readonly Box[]): readonly (readonly Box[])[] {
  const columns = new Map<number, Box[]>()
  for (const box of boxes) {
    const middle = Math.round(box.x + box.width / 2)
    columns.set(middle, [...(columns.get(middle) ?? []), box])
  }
  return [...columns].sort(([a], [b]) => a - b).map(([, column]) => column)
}

/** The boxes with each row of columns below the one before, its first box at the left edge. */
function inRows(columns: readonly (readonly Box[])[]): readonly Box[] {
  const height = columns.reduce((sum, column) => sum + heightOf(column) + ROW_GAP, 0) / columns.length
  const width = NODE_SIZE.width + COLUMN_GAP
  const count = Math.max(IN_A_ROW, Math.round(Math.sqrt((columns.length * height * ASPECT) / width)))
  const placed: Box[] = []
  let top = 0
  for (let first = 0; first < columns.length; first += count) {
    const row = columns.slice(first, first + count).flat()
    const left = Math.min(...row.map((box) => box.x))
    const upper = Math.min(...row.map((box) => box.y))
    placed.push(...row.map((box) => ({ ...box, x: box.x - left, y: box.y - upper + top })))
    top += heightOf(row) + ROW_GAP
  }
  return placed
}

function heightOf(boxes: readonly Box[]): number {
  return Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y))
}
