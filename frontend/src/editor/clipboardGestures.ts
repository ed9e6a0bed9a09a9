/** What keys copy, cut and paste do, by the browser's own events: unlike its clipboard interface they need no
 * permission, and exist on pages without TLS too. */
export type ClipboardGesture = 'copy' | 'cut' | 'paste' | 'pasteConnected'

export interface ClipboardWork {
  /** The selection as text; null when nothing is chosen. */
  readonly selected: () => string | null
  readonly removeSelected: () => void
  readonly paste: (text: string, keepsFeeds: boolean) => void
  /** Nothing could be read, and nothing was copied here. */
  readonly refused: () => void
}

/** Milliseconds within which the event of a key arrives; where a menu handles the key it is not there at once. */
const EVENT_WITHIN_MS = 150

/** What was copied last in this tab, for a browser that lets nothing into its clipboard. */
let copied: { readonly text: string; readonly isOnlyHere: boolean } | null = null

/**
 * Connects the gestures of one open graph with the events of the window.
 *
 * `begin` is called when the key goes down and must leave the key to the browser. An event that no key announced is left
 * alone: some browsers paste at a click of the middle button, which moves the canvas here.
 */
export function createClipboardGestures(work: ClipboardWork) {
  let expected: ClipboardGesture | null = null

  const take = (gesture: 'copy' | 'cut'): string | null => {
    const text = work.selected()
    if (text === null) return null
    copied = { text, isOnlyHere: true }
    if (gesture === 'cut') work.removeSelected()
    return text
  }
  const give = (text: string, gesture: ClipboardGesture) => {
    const known = copied && (copied.isOnlyHere || text === '') ? copied.text : text
    work.paste(known, gesture === 'pasteConnected')
  }
  const written = (text: string) => {
    copied = { text, isOnlyHere: false }
  }

  const withoutEvent = async (gesture: ClipboardGesture) => {
    if (gesture === 'copy' || gesture === 'cut') {
      const text = take(gesture)
      if (text !== null) await navigator.clipboard?.writeText(text).then(() => written(text), ignore)
      return
    }
    const text = await navigator.clipboard?.readText().catch(() => null)
    if (text || copied) give(text ?? '', gesture)
    else work.refused()
  }

  const begin = (gesture: ClipboardGesture) => {
    expected = gesture
    setTimeout(() => {
      if (expected !== gesture) return
      expected = null
      void withoutEvent(gesture)
    }, EVENT_WITHIN_MS)
  }

  const onEvent = (event: ClipboardEvent) => {
    const gesture = expected
    if (!gesture || !event.clipboardData || event.type !== EVENT_OF[gesture]) return
    expected = null
    event.preventDefault()
    if (gesture === 'paste' || gesture === 'pasteConnected') {
      give(event.clipboardData.getData('text/plain'), gesture)
      return
    }
    const text = take(gesture)
    if (text === null) return
    event.clipboardData.setData('text/plain', text)
    written(text)
  }

  return { begin, onEvent }
}

const EVENT_OF: Readonly<Record<ClipboardGesture, string>> = {
  copy: 'copy',
  cut: 'cut',
  paste: 'paste',
  pasteConnected: 'paste',
}

function ignore(): void {
  // It stays here, and can be pasted in this tab.
}
