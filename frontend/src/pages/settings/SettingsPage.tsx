import { Tabs } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router'
import { Page } from '@/ui'
import { AppearancePanel } from './AppearancePanel'
import { MembersPanel } from './MembersPanel'
import { ProfilePanel } from './ProfilePanel'
import { TokensPanel } from './TokensPanel'

const TABS = ['profile', 'tokens', 'members', 'appearance'] as const

/** The person, their tokens, the people of the workspace, and how the page looks. */
export function SettingsPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const wanted = search.get('tab')
  const tab = TABS.find((each) => each === wanted) ?? 'profile'
  return (
    <Page title={t('nav.settings')}>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => void navigate(`/settings?tab=${value ?? 'profile'}`, { replace: true })}
      >
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`settings.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="profile" pt="lg">
          <ProfilePanel />
        </Tabs.Panel>
        <Tabs.Panel value="tokens" pt="lg">
          <TokensPanel />
        </Tabs.Panel>
        <Tabs.Panel value="members" pt="lg">
          <MembersPanel />
        </Tabs.Panel>
        <Tabs.Panel value="appearance" pt="lg">
          <AppearancePanel />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
