import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useSaveVersion } from '@/api/graphs'
import { errorMessage } from '@/lib/errorMessage'

/** Saves the draft, then makes an immutable version of it. */
export function useSaveVersionNow(graphId: string, flush: () => Promise<boolean>): () => void {
  const { t } = useTranslation('editor')
  const { mutateAsync } = useSaveVersion(graphId)
  return useCallback(() => {
    const save = async () => {
      if (!(await flush())) return
      try {
        const version = await mutateAsync({})
        notifications.show({ color: 'green', message: t('version.saved', { number: version.number }) })
      } catch (error) {
        notifications.show({ color: 'red', message: errorMessage(error) })
      }
    }
    void save()
  }, [flush, mutateAsync, t])
}
