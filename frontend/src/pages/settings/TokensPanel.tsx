import { Button } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCreateToken, useRevokeToken, useTokens } from '@/api/tokens'
import type { Token } from '@/contracts'
import { formatAge } from '@/lib/format'
import {
  ConfirmDialog,
  EmptyState,
  ErrorNotice,
  LoadingRows,
  NameDialog,
  Panel,
  SecretNotice,
  Table,
} from '@/ui'
import styles from './Settings.module.css'

/** Tokens with which the person's own programs speak to the API. */
export function TokensPanel() {
  const { t } = useTranslation()
  const { data, error, refetch } = useTokens()
  const create = useCreateToken()
  const revoke = useRevokeToken()
  const [secret, setSecret] = useState<string | null>(null)
  const [isNaming, setNaming] = useState(false)
  const [leaving, setLeaving] = useState<Token | null>(null)
  const submit = (name: string) =>
    create.mutate(name, {
      onSuccess: ({ token }) => {
        setSecret(token)
        setNaming(false)
      },
    })
  return (
    <div className={styles.stack}>
      <p className={styles.intro}>{t('tokens.intro')}</p>
      {secret ? <SecretNotice secret={secret} onClose={() => setSecret(null)} /> : null}
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      <Panel isPadded={false}>
        {!data && !error ? <LoadingRows count={3} /> : null}
        {data?.results.length === 0 ? <EmptyState icon={IconKey} title={t('tokens.empty')} /> : null}
        {data && data.results.length > 0 ? (
          <Table
            label={t('settings.tokens')}
            headers={[t('list.name'), t('keys.prefix'), t('list.created'), t('keys.lastUsed'), '']}
          >
            {data.results.map((token) => (
              <tr key={token.id}>
                <td>{token.name}</td>
                <td>
                  <code>{token.prefix}…</code>
                </td>
                <td>{formatAge(token.created_at)}</td>
                <td>{token.last_used_at ? formatAge(token.last_used_at) : t('keys.never')}</td>
                <td data-actions>
                  <Button size="compact-sm" variant="default" onClick={() => setLeaving(token)}>
                    {t('keys.revoke')}
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        ) : null}
        <div className={styles.foot}>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            onClick={() => setNaming(true)}
          >
            {t('tokens.create')}
          </Button>
        </div>
      </Panel>
      {isNaming ? (
        <NameDialog
          title={t('tokens.createTitle')}
          label={t('tokens.nameLabel')}
          action={t('tokens.create')}
          isBusy={create.isPending}
          error={create.error}
          onSubmit={submit}
          onClose={() => setNaming(false)}
        />
      ) : null}
      <ConfirmDialog
        isOpen={leaving !== null}
        title={t('keys.revokeTitle', { name: leaving?.name })}
        action={t('keys.revoke')}
        isDangerous
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => leaving && revoke.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
        onClose={() => setLeaving(null)}
      >
        {t('tokens.revokeText')}
      </ConfirmDialog>
    </div>
  )
}
