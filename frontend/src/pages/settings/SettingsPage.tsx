import { Tabs } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router'
import { useSession } from '@/api/session'
import { Page } from '@/ui'
import { AppearancePanel } from './AppearancePanel'
import { ApprovalPanel } from './ApprovalPanel'
import { AuditPanel } from './AuditPanel'
import { BrowserSessionsPanel } from './BrowserSessionsPanel'
import { MembersPanel } from './MembersPanel'
import { PasswordPanel } from './PasswordPanel'
import { ProfilePanel } from './ProfilePanel'
import styles from './Settings.module.css'
import { SpacePanel } from './SpacePanel'
import { TokensPanel } from './TokensPanel'

const TABS = ['profile', 'tokens', 'members', 'approval', 'appearance', 'space', 'audit'] as const
const OF_THE_SITE: readonly (typeof TABS)[number][] = ['space', 'audit']

/** The person, their tokens, the people of the workspace, and how the page looks. */
export function SettingsPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const isAdministrator = useSession().data?.user?.is_administrator === true
  const tabs = TABS.filter((each) => isAdministrator || !OF_THE_SITE.includes(each))
  const wanted = search.get('tab')
  const tab = tabs.find((each) => each === wanted) ?? 'profile'
  const bar = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab was chosen
  useEffect(() => {
    const chosen = bar.current?.querySelector('[aria-selected="true"]')
    chosen?.scrollIntoView?.({ block: 'nearest', inline: 'center' })
  }, [tab])
  return (
    <Page title={t('nav.settings')}>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => void navigate(`/settings?tab=${value ?? 'profile'}`, { replace: true })}
      >
        <Tabs.List ref={bar} className={styles.tabs}>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} className={styles.tab}>
              {t(`settings.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="profile" pt="lg">
          <div className={styles.stack}>
            <ProfilePanel />
            <PasswordPanel />
            <BrowserSessionsPanel />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="tokens" pt="lg">
          <TokensPanel />
        </Tabs.Panel>
        <Tabs.Panel value="members" pt="lg">
          <MembersPanel />
        </Tabs.Panel>
        <Tabs.Panel value="approval" pt="lg">
          <ApprovalPanel />
        </Tabs.Panel>
        <Tabs.Panel value="appearance" pt="lg">
          <AppearancePanel />
        </Tabs.Panel>
        <Tabs.Panel value="space" pt="lg">
          <SpacePanel />
        </Tabs.Panel>
        <Tabs.Panel value="audit" pt="lg">
          <AuditPanel />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
