import { Button } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import styles from './ErrorNotice.module.css'

export type ErrorNoticeProps = {
  error: unknown
  /** Offers to do it again. */
  onRetry?: () => void
}

/** The server's own sentence where something went wrong; ours only when the server could not be reached. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  const { t } = useTranslation()
  const isOffline = error instanceof Error && error.name === 'OfflineError'
  const message = isOffline || !(error instanceof Error) ? t('error.offline') : error.message
  return (
    <div role="alert" className={styles.notice}>
      <IconAlertCircle size={18} aria-hidden className={styles.icon} />
      <p className={styles.message}>{message}</p>
      {onRetry ? (
        <Button variant="default" size="xs" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      ) : null}
    </div>
  )
}
