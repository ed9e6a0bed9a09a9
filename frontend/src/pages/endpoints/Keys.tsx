import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChangeKey, useCreateKey, useRenewKey, useRevokeKey } from '@/api/endpoints'
import { useMayEdit } from '@/api/session'
import type { Endpoint, EndpointKey } from '@/contracts'
import { formatCount, formatMoment } from '@/lib/format'
import { SecretsTable, type Status, StatusBadge } from '@/ui'
import { KeyDialog } from './KeyDialog'
import { RenewDialog } from './RenewDialog'

function deploymentStatus(key: EndpointKey, t: TFunction): { status: Status; label: string } {
  if (key.revoked_at) return { status: 'disabled', label: t('keys.revoked') }
  const isOver = key.expires_at !== null && Date.parse(key.expires_at) < Date.now()
  return isOver
    ? { status: 'warning', label: t('keys.expired') }
    : { status: 'done', label: t('keys.active') }
}

const FIRST_KEY_NAME = 'First key' // in apps/serving/services.py

function limitsOf(key: EndpointKey, t: TFunction): string {
  const limits = [
    key.per_second ? t('keys.perSecondText', { text: formatCount(key.per_second) }) : '',
    key.per_day ? t('keys.perDayText', { text: formatCount(key.per_day) }) : '',
    key.scopes.includes('predict') ? '' : t('keys.onlyMetadata'),
  ]
  return limits.filter(Boolean).join(' · ') || t('keys.unlimited')
}

/** The key that a deploy makes has no name of anybody's choice. */
function nameOf({ name }: EndpointKey, t: TFunction): string {
  return name === FIRST_KEY_NAME ? t('keys.first') : name
}

/** Who may ask the endpoint: keys, made here and shown once, and taken away again. */
export function Keys({ endpoint, onCreated }: { endpoint: Endpoint; onCreated: (secret: string) => void }) {
  const { t } = useTranslation()
  const create = useCreateKey(endpoint.slug)
  const revoke = useRevokeKey(endpoint.slug)
  const mayEdit = useMayEdit()
  const change = useChangeKey(endpoint.slug)
  const renew = useRenewKey(endpoint.slug)
  const [isNaming, setNaming] = useState(false)
  const [changing, setChanging] = useState<EndpointKey | null>(null)
  const [renewing, setRenewing] = useState<EndpointKey | null>(null)
  return (
    <>
      <SecretsTable
        label={t('endpoint.keys')}
        secrets={endpoint.keys.map((key) => ({ ...key, name: nameOf(key, t) }))}
        emptyTitle={t('keys.empty')}
        createLabel={t('keys.create')}
        revokeText={t('keys.revokeText')}
        revoke={{ ...revoke, start: (id, done) => revoke.mutate(id, { onSuccess: done }) }}
        onCreate={() => setNaming(true)}
        mayChange={mayEdit}
        more={[
          { header: t('list.state'), cell: (key) => <StatusBadge {...deploymentStatus(key, t)} /> },
          { header: t('keys.limits'), cell: (key) => limitsOf(key, t) },
          {
            header: t('keys.expires'),
            cell: (key) => (key.expires_at ? formatMoment(key.expires_at) : t('keys.noExpiry')),
          },
        ]}
        actions={(key, askToRevoke) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={t('keys.actionsOf', { name: key.name })}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setChanging(key)}>
                {t('keys.change')}
              </Menu.Item>
              <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => setRenewing(key)}>
                {t('keys.renew')}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={askToRevoke}>
                {t('keys.revoke')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      />
      {isNaming ? (
        <KeyDialog
          isBusy={create.isPending}
          error={create.error}
          onSubmit={(asked) =>
            create.mutate(asked, {
              onSuccess: ({ key }) => {
                onCreated(key)
                setNaming(false)
              },
            })
          }
          onClose={() => setNaming(false)}
        />
      ) : null}
      {changing ? (
        <KeyDialog
          present={changing}
          isBusy={change.isPending}
          error={change.error}
          onSubmit={(asked) =>
            change.mutate({ ...asked, id: changing.id }, { onSuccess: () => setChanging(null) })
          }
          onClose={() => setChanging(null)}
        />
      ) : null}
      {renewing ? (
        <RenewDialog
          name={renewing.name}
          isBusy={renew.isPending}
          error={renew.error}
          onSubmit={(hours) =>
            renew.mutate(
              { id: renewing.id, hours },
              {
                onSuccess: ({ key }) => {
                  onCreated(key)
                  setRenewing(null)
                },
              },
            )
          }
          onClose={() => setRenewing(null)}
        />
      ) : null}
    </>
  )
}
