import { Button, Modal, NumberInput, Switch, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { NewKey } from '@/api/endpoints'
import type { EndpointKey } from '@/contracts'
import { ErrorNotice } from '@/ui'
import dialog from '@/ui/Dialog.module.css'

export type KeyDialogProps = {
  /** The key that is changed; none when one is made. */
  present?: EndpointKey | undefined
  isBusy: boolean
  error: unknown
  onSubmit: (asked: NewKey) => void
  onClose: () => void
}

/** The end of a day in this person's own time. */
function endOf(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString()
}

/** The day of a moment in this person's own time, as a date field takes it. */
function dayOf(moment: string | null | undefined): string {
  if (!moment) return ''
  const at = new Date(moment)
  const part = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${part(at.getMonth() + 1)}-${part(at.getDate())}`
}

/** Asks whom a key is for and what it may do. */
export function KeyDialog({ present, isBusy, error, onSubmit, onClose }: KeyDialogProps) {
  const { t } = useTranslation()
  const [name, setName] = useState(present?.name ?? '')
  const [perSecond, setPerSecond] = useState<number | string>(present?.per_second || '')
  const [perDay, setPerDay] = useState<number | string>(present?.per_day || '')
  const firstDay = dayOf(present?.expires_at)
  const [lastDay, setLastDay] = useState(firstDay)
  const [mayPredict, setMayPredict] = useState(present?.scopes.includes('predict') ?? true)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!name.trim()) return
    onSubmit({
      name: name.trim(),
      per_second: Number(perSecond) || 0,
      per_day: Number(perDay) || 0,
      expires_at:
        lastDay && lastDay === firstDay ? (present?.expires_at ?? null) : lastDay ? endOf(lastDay) : null,
      scopes: mayPredict ? ['predict', 'metadata'] : ['metadata'],
    })
  }
  const limit = { min: 0, allowDecimal: false, thousandSeparator: ',', placeholder: t('keys.unlimited') }
  return (
    <Modal opened onClose={onClose} title={t(present ? 'keys.changeTitle' : 'keys.createTitle')}>
      <form onSubmit={submit} className={dialog.form}>
        <TextInput
          label={t('keys.nameLabel')}
          value={name}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NumberInput {...limit} label={t('keys.perSecond')} value={perSecond} onChange={setPerSecond} />
        <NumberInput {...limit} label={t('keys.perDay')} value={perDay} onChange={setPerDay} />
        <TextInput
          type="date"
          label={t('keys.lastDay')}
          value={lastDay}
          onChange={(event) => setLastDay(event.currentTarget.value)}
        />
        <Switch
          label={t('keys.mayPredict')}
          checked={mayPredict}
          onChange={(event) => setMayPredict(event.currentTarget.checked)}
        />
        {error ? <ErrorNotice error={error} /> : null}
        <div className={dialog.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!name.trim()}>
            {t(present ? 'keys.change' : 'keys.create')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
