/** Frames within which a node that was just added is drawn. */
const MOST_FRAMES = 30

/** Give a node of the canvas the keyboard's focus, once it is drawn. */
export function focusNode(id: string, frames = MOST_FRAMES): void {
  requestAnimationFrame(() => {
    const element = window.document.querySelector<HTMLElement>(
      `.react-flow__node[data-id="${CSS.escape(id)}"]`,
    )
    if (element) element.focus({ preventScroll: true })
    else if (frames > 0) focusNode(id, frames - 1)
  })
}
