import { type Box, widened } from './nearest'

/** Size of the map in pixels of the window. */
export const MAP = { width: 168, height: 112 } as const
const ROOM = 0.05
const SMALLEST = 1.5

export interface MapBlock extends Box {
  /** A name of a colour: a custom property of the page's styles, without its dashes. */
  readonly colour: string
}

/** Where the canvas lies on the map: a place `p` is drawn at `(p - x) * scale`. */
export interface MapFrame {
  readonly x: number
  readonly y: number
  readonly scale: number
}

/** The frame in which all of these boxes, and what is seen now, have room. */
export function frameOf(boxes: readonly Box[], view: Box): MapFrame {
  const all = [...boxes, view]
  const left = Math.min(...all.map(({ x }) => x))
  const top = Math.min(...all.map(({ y }) => y))
  const right = Math.max(...all.map(({ x, width }) => x + width))
  const bottom = Math.max(...all.map(({ y, height }) => y + height))
  const whole = widened({ x: left, y: top, width: right - left, height: bottom - top }, ROOM)
  const scale = Math.min(MAP.width / whole.width, MAP.height / whole.height)
  return {
    x: whole.x - (MAP.width / scale - whole.width) / 2,
    y: whole.y - (MAP.height / scale - whole.height) / 2,
    scale,
  }
}

/** A box of the canvas in pixels of the map. */
export function onMap({ x, y, width, height }: Box, frame: MapFrame): Box {
  const { scale } = frame
  return { x: (x - frame.x) * scale, y: (y - frame.y) * scale, width: width * scale, height: height * scale }
}

/** Draw the blocks, `ratio` picture points for a pixel of the window. */
export function drawMap(
  canvas: HTMLCanvasElement,
  blocks: readonly MapBlock[],
  frame: MapFrame,
  ratio: number,
): void {
  canvas.width = MAP.width * ratio
  canvas.height = MAP.height * ratio
  const pen = canvas.getContext('2d')
  if (!pen) return
  const styles = getComputedStyle(canvas)
  const colours = new Map<string, string>()
  pen.scale(ratio, ratio)
  for (const block of blocks) {
    const { x, y, width, height } = onMap(block, frame)
    const colour = colours.get(block.colour) ?? styles.getPropertyValue(`--${block.colour}`)
    colours.set(block.colour, colour)
    pen.fillStyle = colour
    pen.fillRect(x, y, Math.max(width, SMALLEST), Math.max(height, SMALLEST))
  }
}
