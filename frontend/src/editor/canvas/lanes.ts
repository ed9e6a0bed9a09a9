import type { Position } from '../graph/types'
import type { Box } from './nearest'

/** An edge to be drawn: where it begins and ends, and the nodes that it joins. */
export interface DrawnEdge {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly start: Position
  readonly end: Position
}

/** Between an edge and the nodes that it goes around, and between two edges that go the same way. */
const ROOM = 16
const APART = 8
/** From a port to the corner where an edge turns. */
export const TURN = 24
/** Places along a curve that are looked at. */
const SAMPLES = 24
/** So many lanes beside each other are tried above and below a node. */
const BESIDE = 4

/**
 * The lanes of those edges that would pass behind a node if they were drawn in one curve: the height at which they go
 * around it. An edge without a lane is in view as it is.
 */
export function lanesOf(
  edges: readonly DrawnEdge[],
  boxes: ReadonlyMap<string, Box>,
): ReadonlyMap<string, number> {
  const lanes = new Map<string, number>()
  const taken: { source: string; from: number; to: number; y: number }[] = []
  const all = [...boxes]
  for (const edge of edges) {
    const isForward = edge.end.x >= edge.start.x
    const from = Math.min(edge.start.x, edge.end.x) - (isForward ? 0 : TURN)
    const to = Math.max(edge.start.x, edge.end.x) + (isForward ? 0 : TURN)
    const others = all.filter(([id]) => !isForward || (id !== edge.source && id !== edge.target))
    const between = others.map(([, box]) => box).filter((box) => box.x < to && from < box.x + box.width)
    if (!between.some((box) => passesBehind(edge, isForward, box))) continue
    const y = freeLane(edge, between, (lane) =>
      taken.some(
        (other) =>
          other.source !== edge.source &&
          Math.abs(other.y - lane) < APART &&
          other.from < to &&
          from < other.to,
      ),
    )
    if (y === null) continue
    lanes.set(edge.id, y)
    taken.push({ source: edge.source, from, to, y })
  }
  return lanes
}

function passesBehind({ start, end }: DrawnEdge, isForward: boolean, box: Box): boolean {
  if (!isForward) {
    const middle = (start.y + end.y) / 2
    return crosses(box, middle)
  }
  if (Math.min(start.y, end.y) > box.y + box.height || Math.max(start.y, end.y) < box.y) return false
  for (let at = 1; at < SAMPLES; at += 1) {
    const { x, y } = onCurve(start, end, at / SAMPLES)
    if (x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height) return true
  }
  return false
}

/** A place on the curve that is drawn between two ports. */
function onCurve(start: Position, end: Position, share: number): Position {
  const bend = (end.x - start.x) / 2
  const back = 1 - share
  const weights = [back ** 3, 3 * back ** 2 * share, 3 * back * share ** 2, share ** 3] as const
  const mix = (a: number, b: number, c: number, d: number) =>
    weights[0] * a + weights[1] * b + weights[2] * c + weights[3] * d
  return {
    x: mix(start.x, start.x + bend, end.x - bend, end.x),
    y: mix(start.y, start.y, end.y, end.y),
  }
}

function crosses(box: Box, y: number): boolean {
  return y > box.y - ROOM / 2 && y < box.y + box.height + ROOM / 2
}

/** The height nearest to both ends at which no node lies between them and no other edge goes; null where there is none. */
function freeLane(
  { start, end }: DrawnEdge,
  between: readonly Box[],
  isTaken: (y: number) => boolean,
): number | null {
  const heights = between.flatMap((box) =>
    Array.from({ length: BESIDE }, (_, number) => [
      box.y - ROOM - number * APART,
      box.y + box.height + ROOM + number * APART,
    ]).flat(),
  )
  const free = heights.filter((y) => !between.some((box) => crosses(box, y)) && !isTaken(y))
  const detour = (y: number) => Math.abs(y - start.y) + Math.abs(y - end.y)
  const middle = (start.y + end.y) / 2
  const [best] = free.sort((a, b) => detour(a) - detour(b) || Math.abs(a - middle) - Math.abs(b - middle))
  return best ?? null
}

/** The path of an edge along its lane, with round corners, and a place in its middle for words. */
export function lanePath(start: Position, end: Position, lane: number): [path: string, x: number, y: number] {
  const corners = [
    start,
    { x: start.x + TURN, y: start.y },
    { x: start.x + TURN, y: lane },
    { x: end.x - TURN, y: lane },
    { x: end.x - TURN, y: end.y },
    end,
  ]
  const parts = corners.slice(1, -1).map((corner, index) => {
    const before = corners[index] ?? corner
    const after = corners[index + 2] ?? corner
    const [into, out] = [towards(corner, before), towards(corner, after)]
    return `L${into.x},${into.y}Q${corner.x},${corner.y} ${out.x},${out.y}`
  })
  return [`M${start.x},${start.y}${parts.join('')}L${end.x},${end.y}`, (start.x + end.x) / 2, lane]
}

const RADIUS = 12

/** The place near a corner where its rounding begins, on the way to another place. */
function towards(corner: Position, to: Position): Position {
  const length = Math.hypot(to.x - corner.x, to.y - corner.y)
  const share = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length
  return { x: corner.x + (to.x - corner.x) * share, y: corner.y + (to.y - corner.y) * share }
}
