import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { snap } from './graph/change'
import { center, read, relabel, unknownTypes } from './graph/clipboard'
import type { Position } from './graph/types'
import { useEditorStore } from './store/EditorContext'

/** Puts the graph written in a text into the open one, around a place. Says so when it cannot. */
export function useImport() {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  return useCallback(
    (text: string, at: Position): boolean => {
      const clip = read(text)
      if (!clip) {
        notifications.show({ color: 'red', message: t('import.notAGraph') })
        return false
      }
      const { document, catalogue, perform, select } = editor.getState()
      const middle = center(clip.fragment)
      const shift =
        document.nodes.length === 0 ? { x: 0, y: 0 } : snap({ x: at.x - middle.x, y: at.y - middle.y })
      const fragment = relabel(document, clip, shift, false)
      perform({ kind: 'import', fragment })
      select(fragment.nodes.map((node) => node.id))
      const unknown = unknownTypes(fragment, catalogue)
      if (unknown.length > 0) {
        notifications.show({
          color: 'yellow',
          message: t('import.unknownTypes', { types: unknown.join(', ') }),
        })
      }
      return true
    },
    [editor, t],
  )
}
