import { ActionIcon, Menu } from '@mantine/core'
import { IconCheck, IconDots, IconDownload, IconTag, IconTrash, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMayApprove } from '@/api/approval'
import { packageAddress } from '@/api/models'
import { useMayEdit } from '@/api/session'
import type { ModelVersion } from '@/contracts'

export type VersionAction = 'alias' | 'approve' | 'withdraw' | 'delete'

export type VersionMenuProps = {
  model: string
  version: ModelVersion
  onAction: (action: VersionAction) => void
}

/** What can be done with one version of a model, without opening its page. */
export function VersionMenu({ model, version, onAction }: VersionMenuProps) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  const mayApprove = useMayApprove()
  const approval: VersionAction = version.approved_at ? 'withdraw' : 'approve'
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          aria-label={t('action.moreOf', { name: t('models.versionNumber', { number: version.number }) })}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          component="a"
          href={packageAddress(model, version.number)}
          download
          leftSection={<IconDownload size={16} />}
        >
          {t('models.download')}
        </Menu.Item>
        {mayEdit ? (
          <>
            <Menu.Item leftSection={<IconTag size={16} />} onClick={() => onAction('alias')}>
              {t('models.aliasAction')}
            </Menu.Item>
            {mayApprove(version) ? (
              <Menu.Item
                leftSection={version.approved_at ? <IconX size={16} /> : <IconCheck size={16} />}
                onClick={() => onAction(approval)}
              >
                {t(`models.${approval}`)}
              </Menu.Item>
            ) : null}
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => onAction('delete')}>
              {t('action.delete')}
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  )
}
