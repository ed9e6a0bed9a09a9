import { Button } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatAge } from '@/lib/format'
import { ConfirmDialog } from './ConfirmDialog'
import { EmptyState } from './EmptyState'
import styles from './SecretsTable.module.css'
import { Table } from './Table'

type Secret = {
  id: string
  name: string
  prefix: string
  created_at: string
  last_used_at: string | null
  revoked_at?: string | null
}

export type SecretsTableProps<Item extends Secret> = {
  label: string
  secrets: readonly Item[]
  emptyTitle: string
  createLabel: string
  /** What follows for programs that use it. */
  revokeText: string
  revoke: { isPending: boolean; error: Error | null; start: (id: string, done: () => void) => void }
  onCreate: () => void
  /** Further columns: a heading and what stands under it. */
  more?: readonly { header: string; cell: (secret: Item) => ReactNode }[]
  mayChange?: boolean
  /** What else is done to one, in place of a single button; `askToRevoke` opens the question. */
  actions?: (secret: Item, askToRevoke: () => void) => ReactNode
}

/** Keys or tokens: what each begins with, when it was used, and the ways to make and to revoke one. */
export function SecretsTable<Item extends Secret>(props: SecretsTableProps<Item>) {
  const { label, secrets, emptyTitle, createLabel, revokeText, revoke, onCreate } = props
  const { more = [], mayChange = true, actions } = props
  const { t } = useTranslation()
  const [leaving, setLeaving] = useState<Item | null>(null)
  const buttonsOf =
    actions ??
    ((_: Item, askToRevoke: () => void) => (
      <Button size="compact-sm" variant="default" onClick={askToRevoke}>
        {t('keys.revoke')}
      </Button>
    ))
  const headers = [
    t('list.name'),
    t('keys.prefix'),
    ...more.map(({ header }) => header),
    t('list.created'),
    t('keys.lastUsed'),
    '',
  ]
  return (
    <>
      {secrets.length === 0 ? (
        <EmptyState icon={IconKey} title={emptyTitle} />
      ) : (
        <Table label={label} headers={headers}>
          {secrets.map((secret) => (
            <tr key={secret.id}>
              <td>{secret.name}</td>
              <td>
                <code>{secret.prefix}…</code>
              </td>
              {more.map(({ header, cell }) => (
                <td key={header} data-quiet>
                  {cell(secret)}
                </td>
              ))}
              <td>{formatAge(secret.created_at)}</td>
              <td>{secret.last_used_at ? formatAge(secret.last_used_at) : t('keys.never')}</td>
              <td data-actions>
                {mayChange && !secret.revoked_at ? buttonsOf(secret, () => setLeaving(secret)) : null}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {mayChange ? (
        <div className={styles.foot}>
          <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={onCreate}>
            {createLabel}
          </Button>
        </div>
      ) : null}
      <ConfirmDialog
        isOpen={leaving !== null}
        title={t('keys.revokeTitle', { name: leaving?.name })}
        action={t('keys.revoke')}
        isDangerous
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => leaving && revoke.start(leaving.id, () => setLeaving(null))}
        onClose={() => setLeaving(null)}
      >
        {revokeText}
      </ConfirmDialog>
    </>
  )
}
