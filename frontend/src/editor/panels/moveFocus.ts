import type { KeyboardEvent } from 'react'

/** Move the focus among the `data-item`s of the surrounding `data-list`, from wherever it is in it. */
export function moveFocus(event: KeyboardEvent<HTMLElement>, step: 1 | -1): void {
  const list = event.currentTarget.closest('[data-list]') ?? event.currentTarget
  const items = [...list.querySelectorAll<HTMLElement>('[data-item]')]
  const at = items.indexOf(window.document.activeElement as HTMLElement)
  const next = items[at < 0 ? (step > 0 ? 0 : items.length - 1) : at + step]
  if (next) {
    event.preventDefault()
    next.focus()
  }
}
