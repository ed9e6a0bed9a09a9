import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { datasetKeys, uploadFile } from '@/api/datasets'
import { useSession } from '@/api/session'
import { errorMessage } from '@/lib/errorMessage'
import type { Position } from './graph/types'
import { useAddNode } from './useAddNode'

/** Uploads a table file, saying how far it is, and puts a source for it on the canvas. */
export function useUpload() {
  const { t } = useTranslation('editor')
  const addNode = useAddNode()
  const queries = useQueryClient()
  const { data: session } = useSession()
  const limitBytes = session?.limits.upload_bytes
  return useCallback(
    async (file: File, at: Position) => {
      const message = t('drop.uploading', { name: file.name })
      const id = notifications.show({ loading: true, autoClose: false, message })
      const tell = (text: string) =>
        notifications.update({ id, loading: true, autoClose: false, message: text })
      try {
        const dataset = await uploadFile(file, {
          ...(limitBytes ? { limitBytes } : {}),
          onProgress: ({ sent, total }) =>
            tell(
              t('drop.share', { name: file.name, percent: Math.round((100 * sent) / Math.max(total, 1)) }),
            ),
        })
        await queries.invalidateQueries({ queryKey: datasetKeys.all })
        addNode('source.file', at, { dataset: dataset.id })
        const text = t('drop.done', { name: file.name })
        notifications.update({ id, loading: false, autoClose: 3000, color: 'green', message: text })
      } catch (error) {
        const text = errorMessage(error)
        notifications.update({ id, loading: false, autoClose: 8000, color: 'red', message: text })
      }
    },
    [addNode, queries, limitBytes, t],
  )
}
