import { Button } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRevokeToken, useTokensOfEveryone } from '@/api/tokens'
import type { Token } from '@/contracts'
import { formatAge } from '@/lib/format'
import { ConfirmDialog, EmptyState, Listing, Section, Table, useListState } from '@/ui'
import { TokenEnd, TokenScopes } from './tokenFacts'

/** The tokens of all people, so that an administrator finds one that leaked or is not needed and revokes it. */
export function TokensOfEveryone() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useTokensOfEveryone(state)
  const revoke = useRevokeToken()
  const [leaving, setLeaving] = useState<Token | null>(null)
  return (
    <Section title={t('tokens.everyone')}>
      <Listing answer={list} state={state} empty={<EmptyState icon={IconKey} title={t('tokens.empty')} />}>
        {(tokens) => (
          <Table
            state={state}
            label={t('tokens.everyone')}
            headers={[
              { text: t('tokens.owner'), order: 'owner' },
              { text: t('list.name'), order: 'name' },
              t('keys.prefix'),
              t('tokens.scopes'),
              { text: t('keys.expires'), order: 'expires' },
              { text: t('list.created'), order: 'created' },
              { text: t('keys.lastUsed'), order: 'used' },
              '',
            ]}
          >
            {tokens.map((token) => (
              <tr key={token.id}>
                <td>{token.username}</td>
                <td title={token.name}>{token.name}</td>
                <td>
                  <code>{token.prefix}…</code>
                </td>
                <td data-quiet>
                  <TokenScopes token={token} />
                </td>
                <td data-quiet>
                  <TokenEnd token={token} />
                </td>
                <td>{formatAge(token.created_at)}</td>
                <td>{token.last_used_at ? formatAge(token.last_used_at) : t('keys.never')}</td>
                <td data-actions>
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t('tokens.revokeOf', { name: token.name, owner: token.username })}
                    onClick={() => setLeaving(token)}
                  >
                    {t('keys.revoke')}
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listing>
      <ConfirmDialog
        isOpen={leaving !== null}
        title={t('tokens.revokeTitle', { name: leaving?.name, owner: leaving?.username })}
        action={t('keys.revoke')}
        isDangerous
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => leaving && revoke.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
        onClose={() => setLeaving(null)}
      >
        {t('tokens.revokeText')}
      </ConfirmDialog>
    </Section>
  )
}
