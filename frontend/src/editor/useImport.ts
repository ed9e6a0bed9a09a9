import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { listed } from '@/lib/format'
import { snap } from './graph/change'
import { asDocument, center, idsOf, read, relabel, unknownTypes } from './graph/clipboard'
import { clearShift } from './graph/place'
import type { Position } from './graph/types'
import { useEditorStore } from './store/EditorContext'
import { useUiStore } from './store/UiContext'

/** Puts the graph written in a file into the open one, around a place. Says so when it cannot. */
export function useImport() {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  return useCallback(
    (file: string, text: string, at: Position): boolean => {
      const clip = read(text)
      if (!clip) {
        notifications.show({ color: 'red', message: t('import.notAGraph', { file }) })
        return false
      }
      if (idsOf(clip.fragment).length === 0) {
        notifications.show({ color: 'yellow', message: t('import.empty', { file }) })
        return false
      }
      const { document, catalogue, perform, select } = editor.getState()
      if (idsOf(document).length === 0) {
        perform({ kind: 'load', document: asDocument(clip) })
      } else {
        const middle = center(clip.fragment)
        const wanted = snap({ x: at.x - middle.x, y: at.y - middle.y })
        const shift = clearShift(document, clip.fragment, wanted, ui.getState().view.sizes)
        const fragment = relabel(document, clip, shift, false)
        perform({ kind: 'import', fragment })
        select(idsOf(fragment))
      }
      requestAnimationFrame(() => requestAnimationFrame(() => ui.getState().view.fit()))
      const types = listed(unknownTypes(clip.fragment, catalogue))
      if (types) notifications.show({ color: 'yellow', message: t('import.unknownTypes', { types }) })
      return true
    },
    [editor, t, ui],
  )
}
