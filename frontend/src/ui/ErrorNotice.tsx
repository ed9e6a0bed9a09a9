import { Button } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, useInRouterContext, useLocation } from 'react-router'
import { ApiError } from '@/api/errors'
import styles from './ErrorNotice.module.css'

export type ErrorNoticeProps = {
  error: unknown
  /** Offers to do it again. */
  onRetry?: () => void
}

/** Where the way out is, when the refusal names a page of ours. */
function addressIn(error: unknown): string | undefined {
  const body = error instanceof ApiError ? error.body : undefined
  const address = typeof body === 'object' && body !== null && 'address' in body ? body.address : undefined
  return typeof address === 'string' && address.startsWith('/') ? address : undefined
}

/** A link to the page on which the error can be resolved; nothing on that page itself. */
function ErrorLink({ address }: { address: string }) {
  const { t } = useTranslation()
  if (useLocation().pathname === address) return null
  return (
    <Link to={address} className={styles.link}>
      {t('error.open')}
    </Link>
  )
}

/** The server's own sentence where something went wrong; ours only when the server could not be reached. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  const { t } = useTranslation()
  const isOffline = error instanceof Error && error.name === 'OfflineError'
  const message = isOffline || !(error instanceof Error) ? t('error.offline') : error.message
  const address = addressIn(error)
  const hasPages = useInRouterContext()
  return (
    <div role="alert" className={styles.notice}>
      <IconAlertCircle size={18} aria-hidden className={styles.icon} />
      <p className={styles.message}>{message}</p>
      {address && hasPages ? <ErrorLink address={address} /> : null}
      {onRetry ? (
        <Button variant="default" size="xs" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      ) : null}
    </div>
  )
}
