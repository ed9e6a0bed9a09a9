/** On a phone panels lie over the canvas, and one looks at results. */
export function isNarrow(): boolean {
  return window.innerWidth <= 900
}
