import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useSession, useSignOut, useWorkspace } from '@/api/session'
import { formatBytes } from '@/lib/format'
import { Panel } from '@/ui'
import styles from './Settings.module.css'

export function ProfilePanel() {
  const { t } = useTranslation()
  const { data } = useSession()
  const workspace = useWorkspace()
  const signOut = useSignOut()
  if (!data?.user) return null
  const facts: [string, string][] = [
    [t('login.username'), data.user.username],
    [t('settings.email'), data.user.email || '–'],
    [t('settings.workspace'), workspace ? `${workspace.name} · ${t(`role.${workspace.role}`)}` : '–'],
    [t('settings.uploadLimit'), formatBytes(data.limits.upload_bytes)],
    [t('settings.computing'), data.has_gpu ? t('settings.gpu') : t('settings.cpu')],
    [t('settings.version'), data.version],
  ]
  return (
    <Panel>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name} className={styles.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Button
        variant="default"
        leftSection={<IconLogout size={16} />}
        loading={signOut.isPending}
        onClick={() => signOut.mutate()}
      >
        {t('shell.signOut')}
      </Button>
    </Panel>
  )
}
