/** How wide the inspector is, remembered for each person on this device. All widths in pixels. */
export const USUAL_WIDTH = 344
export const LEAST_WIDTH = 280

const keyOf = (person: string) => `lepton.inspector-width.${person}`

/** Half of the window at most, so that the graph stays in view. */
export function widestWidth(window: number): number {
  return Math.max(LEAST_WIDTH, Math.floor(window / 2))
}

export function fittingWidth(width: number, window: number): number {
  return Math.round(Math.min(widestWidth(window), Math.max(LEAST_WIDTH, width)))
}

export function storedWidth(person: string): number {
  const stored = Number(localStorage.getItem(keyOf(person)))
  return Number.isFinite(stored) && stored > 0 ? stored : USUAL_WIDTH
}

export function storeWidth(person: string, width: number): void {
  localStorage.setItem(keyOf(person), String(width))
}

const STEP = 16
const FAR = 64

/** The width after a key on the handle, which stands at the left edge; null when the key means nothing there. */
export function widthAfterKey(key: string, isFar: boolean, width: number, window: number): number | null {
  const step = isFar ? FAR : STEP
  switch (key) {
    case 'ArrowLeft':
      return fittingWidth(width + step, window)
    case 'ArrowRight':
      return fittingWidth(width - step, window)
    case 'Home':
      return LEAST_WIDTH
    case 'End':
      return widestWidth(window)
    case 'Enter':
      return USUAL_WIDTH
    default:
      return null
  }
}
