import { Box, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import {
  IconBox,
  IconCheck,
  IconDeviceDesktop,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconRoute2,
  IconSettings,
  IconSun,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useSession, useSignOut } from '@/api/session'
import { LANGUAGES, type Language, setLanguage } from '@/lib/i18n'
import styles from './menus.module.css'
import { useTour } from './tourState'
import { WorkspaceItems } from './WorkspaceMenu'

const SCHEMES = [
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
  { value: 'auto', icon: IconDeviceDesktop },
] as const

function AppearanceItems() {
  const { t } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return SCHEMES.map(({ value, icon: Icon }) => (
    <Menu.Item
      key={value}
      leftSection={<Icon size={16} />}
      rightSection={colorScheme === value ? <IconCheck size={14} /> : null}
      onClick={() => setColorScheme(value)}
    >
      {t(`theme.${value}`)}
    </Menu.Item>
  ))
}

function LanguageItems() {
  const { i18n } = useTranslation()
  return Object.entries(LANGUAGES).map(([code, name]) => (
    <Menu.Item
      key={code}
      leftSection={<IconLanguage size={16} />}
      rightSection={i18n.language === code ? <IconCheck size={14} /> : null}
      onClick={() => void setLanguage(code as Language)}
    >
      {name}
    </Menu.Item>
  ))
}

/** Who is signed in, how the page looks and speaks, and the way out. */
export function UserMenu() {
  const { t } = useTranslation()
  const { data } = useSession()
  const signOut = useSignOut()
  const navigate = useNavigate()
  const openTour = useTour((state) => state.open)
  const user = data?.user
  if (!user) return null
  return (
    <Menu position="right-end" width={230}>
      <Menu.Target>
        <UnstyledButton className={styles.user} aria-label={t('shell.userMenu', { name: user.username })}>
          <span aria-hidden>{user.username.slice(0, 1)}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.username}</Menu.Label>
        <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => void navigate('/settings')}>
          {t('nav.settings')}
        </Menu.Item>
        <Menu.Item
          hiddenFrom="sm"
          leftSection={<IconBox size={16} />}
          onClick={() => void navigate('/models')}
        >
          {t('nav.models')}
        </Menu.Item>
        <Menu.Item leftSection={<IconRoute2 size={16} />} onClick={openTour}>
          {t('tour.replay')}
        </Menu.Item>
        <Menu.Divider />
        <Box hiddenFrom="sm">
          <Menu.Label>{t('shell.workspaces')}</Menu.Label>
          <WorkspaceItems />
          <Menu.Divider />
        </Box>
        <Menu.Label>{t('theme.label')}</Menu.Label>
        <AppearanceItems />
        <Menu.Divider />
        <Menu.Label>{t('language.label')}</Menu.Label>
        <LanguageItems />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
