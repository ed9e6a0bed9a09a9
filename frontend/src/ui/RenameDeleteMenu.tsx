import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from './ConfirmDialog'
import { NameDialog } from './NameDialog'

type PendingAction = { isPending: boolean; error: Error | null }

export type RenameDeleteMenuProps = {
  name: string
  renameTitle: string
  deleteTitle: string
  /** What deleting removes, and what stays. */
  deleteText: string
  rename: PendingAction & { start: (name: string, done: () => void) => void }
  remove: PendingAction & { start: (done: () => void) => void }
  /** In a row of a list, without a frame. */
  isInRow?: boolean
}

/** The menu that renames or deletes one item of a list or the item of a page. */
export function RenameDeleteMenu(props: RenameDeleteMenuProps) {
  const { name, renameTitle, deleteTitle, deleteText, rename, remove, isInRow = false } = props
  const { t } = useTranslation()
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null)
  const close = () => setOpen(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            aria-label={isInRow ? t('action.moreOf', { name }) : t('action.more')}
            {...(isInRow ? {} : { variant: 'default', size: 'lg' })}
          >
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setOpen('rename')}>
            {t('action.rename')}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen('delete')}>
            {t('action.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === 'rename' ? (
        <NameDialog
          title={renameTitle}
          label={t('list.name')}
          action={t('action.rename')}
          initial={name}
          isBusy={rename.isPending}
          error={rename.error}
          onSubmit={(next) => rename.start(next, close)}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        isOpen={open === 'delete'}
        title={deleteTitle}
        action={t('action.delete')}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.start(close)}
        onClose={close}
      >
        {deleteText}
      </ConfirmDialog>
    </>
  )
}
