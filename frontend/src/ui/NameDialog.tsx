import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './Dialog.module.css'
import { ErrorNotice } from './ErrorNotice'

export type NameDialogProps = {
  title: string
  label: string
  action: string
  initial?: string
  isBusy?: boolean
  error?: unknown
  onSubmit: (name: string) => void
  onClose: () => void
}

/** Asks for one name. Mount it to open it, so that it always starts from `initial`. */
export function NameDialog(props: NameDialogProps) {
  const { title, label, action, initial = '', isBusy = false, error, onSubmit, onClose } = props
  const { t } = useTranslation()
  const [name, setName] = useState(initial)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) onSubmit(name.trim())
  }
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label={label}
          value={name}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        {error ? <ErrorNotice error={error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!name.trim()}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
