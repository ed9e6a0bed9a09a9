import { ActionIcon, Menu } from '@mantine/core'
import {
  IconBinaryTree2,
  IconCopy,
  IconDeviceFloppy,
  IconDots,
  IconDownload,
  IconFileImport,
  IconHistory,
  IconKeyboard,
  IconNote,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useEditor } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import type { Actions } from '../useKeyboard'

/** What somebody who may only look can do too. */
const READABLE: ReadonlySet<string> = new Set(['versions', 'exportFile', 'shortcuts'])

export function GraphMenu({ actions }: { actions: Actions }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const isFixed = useEditor((state) => state.isFixed)
  const items = [
    { key: 'save', Icon: IconDeviceFloppy, act: actions.save },
    { key: 'versions', Icon: IconHistory, act: () => ui.getState().change({ sheet: 'versions' }) },
    { key: 'arrange', Icon: IconBinaryTree2, act: actions.arrange },
    { key: 'note', Icon: IconNote, act: actions.note },
    { key: 'duplicate', Icon: IconCopy, act: actions.duplicate },
    { key: 'exportFile', Icon: IconDownload, act: actions.exportFile },
    { key: 'importFile', Icon: IconFileImport, act: actions.importFile },
    { key: 'shortcuts', Icon: IconKeyboard, act: actions.shortcuts },
  ] as const
  return (
    <Menu position="bottom-start" shadow="md" width={240}>
      <Menu.Target>
        <ActionIcon aria-label={t('top.more')} data-testid="graph-menu">
          <IconDots size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {items
          .filter(({ key }) => !isFixed || READABLE.has(key))
          .map(({ key, Icon, act }) => (
            <Menu.Item key={key} leftSection={<Icon size={16} stroke={1.6} />} onClick={act}>
              {t(key === 'versions' ? 'version.list' : `action.${key}`)}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  )
}
