import { useTranslation } from 'react-i18next'
import type { Token } from '@/contracts'
import { formatMoment, listed } from '@/lib/format'
import { hasEnded } from './tokenLifetimes'

/** What a token may do. */
export function TokenScopes({ token: { scopes = [] } }: { token: Pick<Token, 'scopes'> }) {
  const { t } = useTranslation()
  return listed(scopes.map((scope) => t(`tokens.scope.${scope}`)))
}

/** When a token ends by itself, or that it has. */
export function TokenEnd({ token: { expires_at: end } }: { token: Pick<Token, 'expires_at'> }) {
  const { t } = useTranslation()
  if (end == null) return t('keys.noExpiry')
  return hasEnded(end, new Date()) ? t('keys.expired') : formatMoment(end)
}
