import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { asDocument, idsOf, read } from '@/editor/graph/clipboard'
import { toServer } from '@/editor/server'
import { errorMessage } from '@/lib/errorMessage'
import { useOpenNewGraph } from './useOpenNewGraph'

export function isGraphFile(file: File): boolean {
  return file.name.toLowerCase().endsWith('.json')
}

/** Makes a graph of an exported file and opens it. Says so when the file is something else. */
export function useImportGraph() {
  const { t } = useTranslation('editor')
  const { mutate, isPending } = useOpenNewGraph()
  const importFile = useCallback(
    async (file: File) => {
      const refuse = (message: string) => notifications.show({ color: 'red', message })
      const clip = read(await file.text())
      if (!clip) return refuse(t('editor:import.notAGraph', { file: file.name }))
      if (idsOf(clip.fragment).length === 0) return refuse(t('editor:import.empty', { file: file.name }))
      const name = clip.name || file.name.replace(/\.json$/i, '').slice(0, 120)
      mutate(
        { name, document: toServer(asDocument(clip)) },
        { onError: (error) => refuse(errorMessage(error)) },
      )
    },
    [mutate, t],
  )
  return { importFile, isPending }
}
