import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { type NewToken, useCreateToken, useRevokeToken, useTokens } from '@/api/tokens'
import { ErrorNotice, LoadingRows, Pager, Panel, SecretNotice, SecretsTable } from '@/ui'
import styles from './Settings.module.css'
import { TokenDialog } from './TokenDialog'
import { TokensOfEveryone } from './TokensOfEveryone'
import { TokenEnd, TokenScopes } from './tokenFacts'

/** Tokens with which programs speak to the API: the person's own, to an administrator also those of all people. */
export function TokensPanel() {
  const isAdministrator = useSession().data?.user?.is_administrator === true
  return (
    <div className={styles.stack}>
      <OwnTokens />
      {isAdministrator ? <TokensOfEveryone /> : null}
    </div>
  )
}

function OwnTokens() {
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
    <>
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
                { header: t('tokens.scopes'), cell: (token) => <TokenScopes token={token} /> },
                { header: t('keys.expires'), cell: (token) => <TokenEnd token={token} /> },
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
    </>
  )
}
