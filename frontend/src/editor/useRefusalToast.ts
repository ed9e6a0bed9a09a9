import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Refusal } from './graph/connect'

/** Says in one sentence why an edge cannot be drawn and what would help. */
export function useRefusalToast(): (reason: Refusal) => void {
  const { t } = useTranslation('editor')
  return useCallback(
    (reason) => {
      if (reason.code === 'exists') return
      notifications.show({ color: 'yellow', message: sentence(reason, t), autoClose: 6000 })
    },
    [t],
  )
}

type Translate = ReturnType<typeof useTranslation<'editor'>>['t']

function sentence(reason: Refusal, t: Translate): string {
  if (reason.code === 'side') return t('refusal.side', { side: t(`refusal.${reason.side}`) })
  if (reason.code !== 'kind') return t(`refusal.${reason.code}`, { ...reason })
  const given = t(`wire.${reason.given}`)
  const wanted = t(`wire.${reason.wanted}`)
  const rule = t('refusal.kind', { given, wanted, port: reason.port, target: reason.target })
  return reason.between ? `${rule} ${t('refusal.between', { node: reason.between })}` : rule
}
