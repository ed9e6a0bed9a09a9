import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type NewToken, useCreateToken, useRevokeToken, useTokens } from '@/api/tokens'
import { formatMoment, listed } from '@/lib/format'
import { ErrorNotice, LoadingRows, Pager, Panel, SecretNotice, SecretsTable } from '@/ui'
import styles from './Settings.module.css'
import { TokenDialog } from './TokenDialog'
import { hasEnded } from './tokenLifetimes'

/** Tokens with which the person's own programs speak to the API. */
export function TokensPanel() {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const { data, error, refetch } = useTokens(page)
  const create = useCreateToken()
  const revoke = useRevokeToken()
  const [secret, setSecret] = useState<string | null>(null)
  const [isNaming, setNaming] = useState(false)
  const submit = (asked: NewToken) =>
    create.mutate(asked, {
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
      {data || !error ? (
        <Panel isPadded={false}>
          {data ? (
            <SecretsTable
              label={t('settings.tokens')}
              secrets={data.results}
              emptyTitle={t('tokens.empty')}
              createLabel={t('tokens.create')}
              revokeText={t('tokens.revokeText')}
              revoke={{ ...revoke, start: (id, done) => revoke.mutate(id, { onSuccess: done }) }}
              onCreate={() => setNaming(true)}
              more={[
                {
                  header: t('tokens.scopes'),
                  cell: ({ scopes = [] }) => listed(scopes.map((scope) => t(`tokens.scope.${scope}`))),
                },
                {
                  header: t('keys.expires'),
                  cell: ({ expires_at: end }) =>
                    end == null
                      ? t('keys.noExpiry')
                      : hasEnded(end, new Date())
                        ? t('keys.expired')
                        : formatMoment(end),
                },
              ]}
            />
          ) : (
            <LoadingRows count={3} />
          )}
        </Panel>
      ) : null}
      <Pager page={page} count={data?.count ?? 0} onChange={setPage} />
      {isNaming ? (
        <TokenDialog
          isBusy={create.isPending}
          error={create.error}
          onSubmit={submit}
          onClose={() => setNaming(false)}
        />
      ) : null}
    </div>
  )
}
