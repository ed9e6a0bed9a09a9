import { ActionIcon, Button, Menu, Select } from '@mantine/core'
import {
  IconBan,
  IconCheck,
  IconDots,
  IconDownload,
  IconRocket,
  IconTag,
  IconTrash,
  IconX,
} from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useMayApprove } from '@/api/approval'
import { packageAddress, type useChangeModel } from '@/api/models'
import { useMayEdit } from '@/api/session'
import type { RegisteredModel, VersionDetail } from '@/contracts'
import { listed } from '@/lib/format'
import { DeleteVersionDialog } from './DeleteVersionDialog'
import { DeployVersionDialog } from './DeployVersionDialog'
import { NameVersionDialog } from './NameVersionDialog'
import { RejectDialog } from './RejectDialog'
import styles from './VersionPage.module.css'

export type VersionActionsProps = {
  model: RegisteredModel
  whole: VersionDetail
  change: ReturnType<typeof useChangeModel>
}

/** From one version of the model to another. */
function Chooser({ model, number }: { model: RegisteredModel; number: number }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  if (model.versions.length < 2) return null
  const numbers = model.versions.map((each) => ({
    value: String(each.number),
    label: t('models.versionNumber', { number: each.number }),
  }))
  const namesOf = (value: string) =>
    listed(model.versions.find((each) => String(each.number) === value)?.aliases ?? [])
  return (
    <Select
      className={styles.chooser ?? ''}
      aria-label={t('version.choose')}
      data={numbers}
      value={String(number)}
      allowDeselect={false}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
      maxDropdownHeight={320}
      renderOption={({ option }) => (
        <span>
          {option.label} <span className={styles.quiet}>{namesOf(option.value)}</span>
        </span>
      )}
      onChange={(value) => value && void navigate(`/models/${model.id}/versions/${value}`)}
    />
  )
}

function Approval({ whole, change }: Omit<VersionActionsProps, 'model'>) {
  const { t } = useTranslation()
  const mayApprove = useMayApprove()
  const { version } = whole
  if (!mayApprove(version)) return null
  const isApproved = version.approved_at !== null
  const Icon = isApproved ? IconX : IconCheck
  return (
    <Button
      variant="default"
      leftSection={<Icon size={16} />}
      loading={change.isPending && change.variables.kind === 'approval'}
      onClick={() => change.mutate({ kind: 'approval', version: version.number, isApproved: !isApproved })}
    >
      {t(isApproved ? 'models.withdraw' : 'models.approve')}
    </Button>
  )
}

/** What can be done with a version, as far as the person may. */
export function VersionActions({ model, whole, change }: VersionActionsProps) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  const mayApprove = useMayApprove()
  const [open, setOpen] = useState<'deploy' | 'name' | 'refuse' | 'delete' | null>(null)
  const { version, releases } = whole
  const close = () => {
    change.reset()
    setOpen(null)
  }
  const isAnswering = releases.some(({ role }) => role === 'active')
  return (
    <>
      <Chooser model={model} number={version.number} />
      <Button
        component="a"
        href={packageAddress(model.id, version.number)}
        download
        variant="default"
        leftSection={<IconDownload size={16} />}
      >
        {t('models.download')}
      </Button>
      {mayEdit ? <Approval whole={whole} change={change} /> : null}
      {mayEdit && !isAnswering ? (
        <Button leftSection={<IconRocket size={16} />} onClick={() => setOpen('deploy')}>
          {t('version.deploy')}
        </Button>
      ) : null}
      {mayEdit ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={t('action.more')} size={30}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconTag size={16} />} onClick={() => setOpen('name')}>
              {t('models.aliasAction')}
            </Menu.Item>
            {mayApprove(version) ? (
              <Menu.Item leftSection={<IconBan size={16} />} onClick={() => setOpen('refuse')}>
                {t('version.refuse')}
              </Menu.Item>
            ) : null}
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen('delete')}>
              {t('action.delete')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {open === 'deploy' ? (
        <DeployVersionDialog model={model} version={version.number} onClose={close} />
      ) : null}
      {open === 'name' ? (
        <NameVersionDialog change={change} version={version.number} onClose={close} />
      ) : null}
      {open === 'refuse' ? <RejectDialog change={change} version={version.number} onClose={close} /> : null}
      {open === 'delete' ? (
        <DeleteVersionDialog model={model} version={version.number} onClose={close} />
      ) : null}
    </>
  )
}
