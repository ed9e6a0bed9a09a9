import {
  type Icon,
  IconBox,
  IconDatabase,
  IconHome,
  IconPlayerPlay,
  IconRoute,
  IconSettings,
  IconWebhook,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { NavLink } from 'react-router'
import { Logo } from './Logo'
import styles from './Navigation.module.css'
import { UserMenu } from './UserMenu'
import { WorkspaceMenu } from './WorkspaceMenu'

type Place = { to: string; name: string; icon: Icon }

const PLACES: readonly Place[] = [
  { to: '/', name: 'home', icon: IconHome },
  { to: '/graphs', name: 'graphs', icon: IconRoute },
  { to: '/data', name: 'data', icon: IconDatabase },
  { to: '/runs', name: 'runs', icon: IconPlayerPlay },
  { to: '/endpoints', name: 'endpoints', icon: IconWebhook },
  { to: '/models', name: 'models', icon: IconBox },
  { to: '/settings', name: 'settings', icon: IconSettings },
]

export function Navigation() {
  const { t } = useTranslation()
  return (
    <nav className={styles.rail} aria-label={t('nav.label')}>
      <div className={styles.top}>
        <Logo />
        <WorkspaceMenu />
      </div>
      <ul className={styles.places}>
        {PLACES.map(({ to, name, icon: Icon }) => (
          <li key={to} data-place={name}>
            <NavLink to={to} end={to === '/'} className={styles.place ?? ''}>
              <Icon size={20} stroke={1.6} aria-hidden />
              <span>{t(`nav.${name}`)}</span>
            </NavLink>
          </li>
        ))}
      </ul>
      <div className={styles.bottom}>
        <UserMenu />
      </div>
    </nav>
  )
}
