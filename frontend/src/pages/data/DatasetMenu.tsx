import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeleteDataset, useRenameDataset } from '@/api/datasets'
import { useMayEdit } from '@/api/session'
import type { Dataset } from '@/contracts'
import { ConfirmDialog, NameDialog } from '@/ui'

/** What is done to a data set as a whole. */
export function DatasetMenu({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const rename = useRenameDataset()
  const remove = useDeleteDataset()
  const mayEdit = useMayEdit()
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null)
  const close = () => setOpen(null)
  if (!mayEdit) return null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={t('action.more')}>
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
          title={t('dataset.renameTitle')}
          label={t('list.name')}
          action={t('action.rename')}
          initial={dataset.name}
          isBusy={rename.isPending}
          error={rename.error}
          onSubmit={(name) => rename.mutate({ id: dataset.id, name }, { onSuccess: close })}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        isOpen={open === 'delete'}
        title={t('dataset.deleteTitle', { name: dataset.name })}
        action={t('action.delete')}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(dataset.id, { onSuccess: () => navigate('/data') })}
        onClose={close}
      >
        {t('dataset.deleteText')}
      </ConfirmDialog>
    </>
  )
}
