import { useEffect, useRef } from 'react'
import { type ActionName, isAllowedAt, readKey } from './keys'

export type Actions = Readonly<Record<ActionName, () => void>>

const PAIR_MS = 1500

function focusKind(target: EventTarget | null): 'canvas' | 'control' | 'field' {
  if (!(target instanceof HTMLElement)) return 'canvas'
  if (target.isContentEditable || target.closest('input, textarea, select, [role="combobox"]')) return 'field'
  return target.closest(
    'button, a, [role="tab"], [role="menuitem"], [role="option"], [role="treeitem"], [role="grid"], [role="dialog"]',
  )
    ? 'control'
    : 'canvas'
}

/** Listens for the editor's keys. Tab is never touched, and a field keeps its own keys. */
export function useKeyboard(actions: Actions): void {
  const current = useRef(actions)
  current.current = actions
  useEffect(() => {
    let pending: string | null = null
    let pendingSince = 0
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      if (pending && event.timeStamp - pendingSince > PAIR_MS) pending = null
      if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return
      const reading = readKey(event, pending)
      pending = reading.pending
      pendingSince = event.timeStamp
      if (pending) event.preventDefault()
      if (!reading.action || !isAllowedAt(reading.action, focusKind(event.target))) return
      if (isDialogOpen() && reading.action !== 'shortcuts') return
      // Copying text that is marked stays what the browser does with it.
      if (reading.action === 'copy' && String(window.getSelection() ?? '') !== '') return
      event.preventDefault()
      current.current[reading.action]()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

function isDialogOpen(): boolean {
  return window.document.querySelector('[role="dialog"][aria-modal="true"]') !== null
}
