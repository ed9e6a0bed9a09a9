import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useBrowserSessions, useEndBrowserSession } from '@/api/browserSessions'
import type { BrowserSession } from '@/contracts'
import { deviceName } from '@/lib/device'
import { formatAge } from '@/lib/format'
import { ErrorNotice, LoadingRows, Panel, Section, StatusBadge, Table } from '@/ui'
import styles from './Settings.module.css'

function BrowserSessionRow({ session }: { session: BrowserSession }) {
  const { t } = useTranslation()
  const end = useEndBrowserSession()
  return (
    <tr>
      <td title={session.device}>{deviceName(session.device)}</td>
      <td data-quiet>{session.address}</td>
      <td>{formatAge(session.created_at)}</td>
      <td>
        {session.is_current ? (
          <StatusBadge status="done" label={t('signIns.here')} />
        ) : (
          formatAge(session.last_seen_at)
        )}
      </td>
      <td data-actions>
        {session.is_current ? null : (
          <Button
            size="compact-sm"
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate(session.id)}
          >
            {t('shell.signOut')}
          </Button>
        )}
        {end.error ? <ErrorNotice error={end.error} /> : null}
      </td>
    </tr>
  )
}

/** Where the person is signed in, and the way to sign out there. */
export function BrowserSessionsPanel() {
  const { t } = useTranslation()
  const { data, error, refetch } = useBrowserSessions()
  const end = useEndBrowserSession()
  const hasOthers = data?.results.some((session) => !session.is_current) ?? false
  return (
    <Section title={t('signIns.title')}>
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {end.error ? <ErrorNotice error={end.error} /> : null}
      {data || !error ? (
        <Panel isPadded={false}>
          {data ? (
            <Table
              label={t('signIns.title')}
              headers={[
                t('signIns.device'),
                t('signIns.address'),
                t('signIns.since'),
                t('signIns.lastSeen'),
                '',
              ]}
            >
              {data.results.map((session) => (
                <BrowserSessionRow key={session.id} session={session} />
              ))}
            </Table>
          ) : (
            <LoadingRows count={2} />
          )}
          {hasOthers ? (
            <div className={styles.foot}>
              <Button
                variant="default"
                size="xs"
                leftSection={<IconLogout size={14} />}
                loading={end.isPending}
                onClick={() => end.mutate('elsewhere')}
              >
                {t('signIns.endOthers')}
              </Button>
            </div>
          ) : null}
        </Panel>
      ) : null}
    </Section>
  )
}
