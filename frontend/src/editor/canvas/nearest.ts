/** A rectangle on the canvas. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What is seen of the canvas, in its own units: `transform` is x, y and zoom in pixels of the window. */
export function viewOf([x, y, zoom]: readonly [number, number, number], width: number, height: number): Box {
  return { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }
}

/** The view and `share` of it more on each side. */
export function widened(view: Box, share: number): Box {
  const [dx, dy] = [view.width * share, view.height * share]
  return { x: view.x - dx, y: view.y - dy, width: view.width + 2 * dx, height: view.height + 2 * dy }
}

export function touches(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** Those of `boxes` that lie in `area`, the ones nearest to its middle first. */
export function nearest(boxes: Iterable<readonly [string, Box]>, area: Box): readonly string[] {
  const middle = { x: area.x + area.width / 2, y: area.y + area.height / 2 }
  const found: (readonly [string, number])[] = []
  for (const [id, box] of boxes) {
    if (!touches(box, area)) continue
    const distance = Math.hypot(box.x + box.width / 2 - middle.x, box.y + box.height / 2 - middle.y)
    found.push([id, distance])
  }
  return found.sort((a, b) => a[1] - b[1]).map(([id]) => id)
}
