import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useEndSignIn, useSignIns } from '@/api/signIns'
import type { SignIn } from '@/contracts'
import { deviceName } from '@/lib/device'
import { formatAge } from '@/lib/format'
import { ErrorNotice, LoadingRows, Panel, Section, StatusBadge, Table } from '@/ui'
import styles from './Settings.module.css'

function SignInRow({ signIn }: { signIn: SignIn }) {
  const { t } = useTranslation()
  const end = useEndSignIn()
  return (
    <tr>
      <td title={signIn.device}>{deviceName(signIn.device)}</td>
      <td data-quiet>{signIn.address}</td>
      <td>{formatAge(signIn.created_at)}</td>
      <td>
        {signIn.is_current ? (
          <StatusBadge status="done" label={t('signIns.here')} />
        ) : (
          formatAge(signIn.last_seen_at)
        )}
      </td>
      <td data-actions>
        {signIn.is_current ? null : (
          <Button
            size="compact-sm"
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate(signIn.id)}
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
export function SignInsPanel() {
  const { t } = useTranslation()
  const { data, error, refetch } = useSignIns()
  const end = useEndSignIn()
  const hasOthers = data?.results.some((signIn) => !signIn.is_current) ?? false
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
              {data.results.map((signIn) => (
                <SignInRow key={signIn.id} signIn={signIn} />
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
