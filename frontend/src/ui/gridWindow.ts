/** Browsers stop drawing boxes much taller than this, so that longer tables scroll in proportion. */
const TALLEST = 12_000_000

export type RowWindow = {
  /** First row drawn, and the row after the last. */
  start: number
  end: number
  /** Height of the scrolled box, and where in it the first drawn row stands, in pixels. */
  height: number
  top: number
}

type View = { scrollTop: number; viewHeight: number; total: number; rowHeight: number; overscan?: number }

/** Which rows of a long table stand in view. Every row can be reached, however many there are. */
export function rowWindow({ scrollTop, viewHeight, total, rowHeight, overscan = 8 }: View): RowWindow {
  const natural = total * rowHeight
  const height = Math.min(natural, TALLEST)
  const visible = Math.ceil(viewHeight / rowHeight)
  const reach = Math.max(1, height - viewHeight)
  const share = Math.min(1, Math.max(0, scrollTop / reach))
  // The row at the top edge, with its fraction: the same as scrollTop / rowHeight for short tables.
  const first = share * Math.max(0, (natural - viewHeight) / rowHeight)
  const start = Math.max(0, Math.floor(first) - overscan)
  const end = Math.min(total, Math.ceil(first) + visible + overscan)
  const clamped = Math.min(Math.max(0, scrollTop), Math.max(0, height - viewHeight))
  return { start, end, height, top: clamped - (first - start) * rowHeight }
}

/** Left edges of the columns, one more than there are: the last is the width of all. */
export function columnEdges(widths: readonly number[]): number[] {
  const edges = [0]
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width)
  return edges
}

/** Which columns stand in view. */
export function columnWindow(
  edges: readonly number[],
  scrollLeft: number,
  viewWidth: number,
): [number, number] {
  const count = edges.length - 1
  let start = 0
  while (start < count - 1 && (edges[start + 1] ?? 0) <= scrollLeft) start += 1
  let end = start
  while (end < count && (edges[end] ?? 0) < scrollLeft + viewWidth) end += 1
  return [Math.max(0, start - 1), Math.min(count, end + 1)]
}

const NARROWEST = 88
const WIDEST = 420
const PADDING = 30
const LETTER = 7.4

/** Scripts whose letters are as wide as they are high. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/g

function lettersOf(text: string): number {
  return text.length + 0.7 * (text.match(WIDE)?.length ?? 0)
}

/** Pixels that a column takes for its name, the word under it and the given values. */
export function naturalWidth(name: string, note: string, texts: readonly string[]): number {
  const letters = Math.max(lettersOf(name) + 1, lettersOf(note), ...texts.map(lettersOf))
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, PADDING + LETTER * letters)))
}

/** The widths, grown in proportion to fill the room there is; columns that need more scroll. */
export function filledWidths(natural: readonly number[], room: number): number[] {
  const sum = natural.reduce((all, width) => all + width, 0)
  if (sum === 0 || sum >= room) return [...natural]
  return natural.map((width) => (width * room) / sum)
}

/**
 * The widths with those columns grown that need more than they are drawn with; the very same list where none does.
 *
 * `needed`: what columns need, from number `first` on; `drawnWidth`: what a column is drawn with.
 */
export function widened(
  widths: readonly number[],
  needed: readonly number[],
  first: number,
  drawnWidth: (column: number) => number,
): readonly number[] {
  // Rounding draws a column a little narrower than it is.
  const grows = needed.map(
    (width, offset) => width > Math.max(drawnWidth(first + offset), widths[first + offset] ?? 0),
  )
  if (!grows.some(Boolean)) return widths
  return widths.map((width, index) =>
    grows[index - first] ? Math.max(width, needed[index - first] ?? 0) : width,
  )
}
