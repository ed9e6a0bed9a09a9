import { snap } from './change'
import { type Fragment, GRID, type GraphDocument, NODE_SIZE, type Position } from './types'

type Size = { readonly width: number; readonly height: number }
export type Sizes = ReadonlyMap<string, Size>
type Box = Position & Size

/** The shift nearest to this one, downwards, by which no part of a fragment covers what is there. */
export function clearShift(
  document: GraphDocument,
  fragment: Fragment,
  shift: Position,
  sizes: Sizes = new Map(),
): Position {
  const there = boxesOf(document, sizes)
  const coming = boxesOf(fragment, new Map())
  const covers = (y: number) =>
    coming.some((box) => there.some((other) => overlap({ ...box, x: box.x + shift.x, y: box.y + y }, other)))
  let { y } = shift
  while (covers(y)) y += GRID * 4
  return snap({ x: shift.x, y })
}

function boxesOf(part: Fragment, sizes: Sizes): readonly Box[] {
  return [
    ...part.nodes.map(({ id, position }) => ({ ...position, ...(sizes.get(id) ?? NODE_SIZE) })),
    ...part.notes.map(({ position, width, height }) => ({ ...position, width, height })),
  ]
}

function overlap(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width + GRID &&
    b.x < a.x + a.width + GRID &&
    a.y < b.y + b.height + GRID &&
    b.y < a.y + a.height + GRID
  )
}
