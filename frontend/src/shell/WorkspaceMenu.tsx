import { Menu, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useSession, useSwitchWorkspace, useWorkspace } from '@/api/session'
import styles from './menus.module.css'

/** The workspace this device looks at, and the way to another. */
export function WorkspaceMenu() {
  const { t } = useTranslation()
  const current = useWorkspace()
  if (!current) return null
  return (
    <Menu position="right-start" width={220}>
      <Menu.Target>
        <Tooltip label={t('shell.workspace', { name: current.name })} position="right">
          <UnstyledButton className={styles.workspace}>
            {current.name.slice(0, 2)}
            <VisuallyHidden> · {t('shell.workspace', { name: current.name })}</VisuallyHidden>
          </UnstyledButton>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('shell.workspaces')}</Menu.Label>
        <WorkspaceItems />
      </Menu.Dropdown>
    </Menu>
  )
}

/** The workspaces of this person, to choose from in a menu. */
export function WorkspaceItems() {
  const { t } = useTranslation()
  const { data } = useSession()
  const current = useWorkspace()
  const switchTo = useSwitchWorkspace()
  const navigate = useNavigate()
  return data?.workspaces.map((workspace) => (
    <Menu.Item
      key={workspace.id}
      rightSection={workspace.id === current?.id ? <IconCheck size={14} /> : null}
      onClick={() => {
        switchTo(workspace.id)
        void navigate('/')
      }}
    >
      {workspace.name}
      <span className={styles.role}>{t(`role.${workspace.role}`)}</span>
    </Menu.Item>
  ))
}
