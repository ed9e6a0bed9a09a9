import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './Dialog.module.css'
import { ErrorNotice } from './ErrorNotice'

export type ConfirmDialogProps = {
  isOpen: boolean
  title: string
  /** What will happen, and what can not be undone. */
  children: ReactNode
  /** The verb on the button, such as "Delete". */
  action: string
  isDangerous?: boolean
  isBusy?: boolean
  error?: unknown
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something that can not be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    isOpen,
    title,
    children,
    action,
    isDangerous = false,
    isBusy = false,
    error,
    onConfirm,
    onClose,
  } = props
  const { t } = useTranslation()
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <div className={styles.text}>{children}</div>
      {error ? <ErrorNotice error={error} /> : null}
      <div className={styles.actions}>
        <Button variant="default" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button color={isDangerous ? 'red' : 'accent'} loading={isBusy} onClick={onConfirm} data-autofocus>
          {action}
        </Button>
      </div>
    </Modal>
  )
}
