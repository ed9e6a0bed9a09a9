import { Button, Modal, Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from '@/ui'
import dialog from '@/ui/Dialog.module.css'

const HOURS = [0, 1, 24, 168, 720] as const

export type RenewDialogProps = {
  name: string
  isBusy: boolean
  error: unknown
  onSubmit: (hours: number) => void
  onClose: () => void
}

/** Asks how long the key that is replaced goes on beside the new one. */
export function RenewDialog({ name, isBusy, error, onSubmit, onClose }: RenewDialogProps) {
  const { t } = useTranslation()
  const [hours, setHours] = useState<string>('24')
  return (
    <Modal opened onClose={onClose} title={t('keys.renewTitle', { name })}>
      <div className={dialog.form}>
        <p>{t('keys.renewText')}</p>
        <Select
          label={t('keys.overlap')}
          data={HOURS.map((each) => ({ value: String(each), label: t(`keys.overlapHours.${each}`) }))}
          value={hours}
          allowDeselect={false}
          onChange={(value) => value !== null && setHours(value)}
        />
        {error ? <ErrorNotice error={error} /> : null}
        <div className={dialog.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button loading={isBusy} onClick={() => onSubmit(Number(hours))}>
            {t('keys.renew')}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
