import { useEffect, useRef } from 'react'
import { type ActionName, ANSWERED_BY_EVENTS, focusKind, isAllowedAt, readKey } from './keys'

export type Actions = Readonly<Record<ActionName, () => void>>

const PAIR_MS = 1500

/** Listens for the editor's keys. Tab is never touched, and a field keeps its own keys. */
export function useKeyboard(actions: Actions): void {
  const current = useRef(actions)
  current.current = actions
  useEffect(() => {
    let pending: string | null = null
    let pendingSince = 0
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      const focus = focusKind(event.target)
      if (event.key === 'Escape' && leaveInspector(event.target)) return
      if (pending && event.timeStamp - pendingSince > PAIR_MS) pending = null
      if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return
      const reading = readKey(event, pending)
      // In a field the first stroke of a pair is a letter like any other.
      pending = focus === 'field' ? null : reading.pending
      pendingSince = event.timeStamp
      if (pending) event.preventDefault()
      if (!reading.action || !isAllowedAt(reading.action, focus)) return
      if (isSomethingOver() && reading.action !== 'shortcuts') return
      // Copying text that is marked stays what the browser does with it.
      if (reading.action === 'copy' && String(window.getSelection() ?? '') !== '') return
      if (!ANSWERED_BY_EVENTS.has(reading.action)) event.preventDefault()
      if (focus === 'field') settle(event.target as HTMLElement)
      current.current[reading.action]()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

/** What was typed belongs to what is saved or run: a field hands it over when it is left. */
function settle(field: HTMLElement): void {
  field.blur()
  if (field.closest('[data-inspector-body]')) field.focus()
}

/** From a field of the inspector back to its node, unless a list is open there, which Escape closes. */
function leaveInspector(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || !target.closest('[data-inspector-body]')) return false
  if (target.closest('[aria-expanded="true"]')) return true
  const node = window.document.querySelector<HTMLElement>('.react-flow__node.selected')
  target.blur()
  node?.focus({ preventScroll: true })
  return true
}

/** A dialog or a menu that lies over the editor takes the keys. */
function isSomethingOver(): boolean {
  return window.document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]') !== null
}
