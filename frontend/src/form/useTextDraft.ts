import { useEffect, useRef, useState } from 'react'

const PAUSE_MS = 700

/**
 * Text being typed. It goes to the document on Enter, on leaving the field, and after a pause, so that undo steps are
 * whole words and the browser's own undo works while typing.
 */
export function useTextDraft(value: string, commit: (text: string) => void) {
  const [text, setText] = useState(value)
  const shown = useRef(value)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const send = useRef(commit)
  send.current = commit

  useEffect(() => {
    if (value !== shown.current) {
      clearTimeout(timer.current)
      shown.current = value
      setText(value)
    }
  }, [value])

  useEffect(() => () => clearTimeout(timer.current), [])

  const flush = (typed: string) => {
    clearTimeout(timer.current)
    if (typed !== shown.current) {
      shown.current = typed
      send.current(typed)
    }
  }
  const change = (typed: string) => {
    setText(typed)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => flush(typed), PAUSE_MS)
  }
  return { text, change, flush: () => flush(text) }
}
