import { notifications } from '@mantine/notifications'
import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { pasteText, removeSelection, selectionText } from './actions'
import { type ClipboardGesture, createClipboardGestures } from './clipboardGestures'
import { useEditorStore } from './store/EditorContext'
import { useUiStore } from './store/UiContext'

/** Begins to copy, cut or paste a part of the graph; called when the key goes down, which stays the browser's. */
export function useClipboard(): (gesture: ClipboardGesture) => void {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  const gestures = useMemo(
    () =>
      createClipboardGestures({
        selected: () => selectionText(editor),
        removeSelected: () => removeSelection(editor, true),
        paste: (text, keepsFeeds) => {
          const count = pasteText(editor, text, ui.getState().view.middle(), keepsFeeds)
          if (count === null) notifications.show({ color: 'yellow', message: t('clipboard.notAGraph') })
        },
        refused: () => notifications.show({ color: 'red', message: t('clipboard.refused') }),
      }),
    [editor, ui, t],
  )
  useEffect(() => {
    const types = ['copy', 'cut', 'paste'] as const
    for (const type of types) window.addEventListener(type, gestures.onEvent)
    return () => {
      for (const type of types) window.removeEventListener(type, gestures.onEvent)
    }
  }, [gestures])
  return gestures.begin
}
