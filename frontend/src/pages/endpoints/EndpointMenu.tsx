import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeleteEndpoint, useRenameEndpoint } from '@/api/endpoints'
import type { Endpoint } from '@/contracts'
import { ConfirmDialog, NameDialog } from '@/ui'

/** What is done to an endpoint as a whole. */
export function EndpointMenu({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const rename = useRenameEndpoint(endpoint.slug)
  const remove = useDeleteEndpoint()
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null)
  const close = () => setOpen(null)
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
          title={t('endpoint.renameTitle')}
          label={t('list.name')}
          action={t('action.rename')}
          initial={endpoint.name}
          isBusy={rename.isPending}
          error={rename.error}
          onSubmit={(name) => rename.mutate(name, { onSuccess: close })}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        isOpen={open === 'delete'}
        title={t('endpoint.deleteTitle', { name: endpoint.name })}
        action={t('action.delete')}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(endpoint.slug, { onSuccess: () => navigate('/endpoints') })}
        onClose={close}
      >
        {t('endpoint.deleteText')}
      </ConfirmDialog>
    </>
  )
}
