import type { AuditLine } from '@/contracts'
import { deviceName } from '@/lib/device'
import { formatMoment, formatNumber, listed } from '@/lib/format'
import { i18next } from '@/lib/i18n'
import { storedText } from '@/lib/messages'

type Details = Readonly<Record<string, unknown>>

/** What the server calls a token that was made with a password and given no name. */
const PASSWORD_TOKEN = 'password login'

/** What else is known of an entry, in the words of the page: “Role: Owner · Release: 3”. */
export function detailsText({ action, details }: Pick<AuditLine, 'action' | 'details'>): string {
  const known = details as Details
  return Object.keys(known)
    .filter((name) => name !== 'why_parts')
    .map((name) => `${labelOf(name, action)}${i18next.t('common:audit.colon')}${wordFor(name, known)}`)
    .join(' · ')
}

/** What an entry is about; what has no name of its own is stored as a word of ours. */
export function subjectText({ action, subject }: Pick<AuditLine, 'action' | 'subject'>): string {
  if (action === 'space.freed') return i18next.t('common:audit.storedResults')
  if (action.startsWith('token.') && subject === PASSWORD_TOKEN)
    return i18next.t('common:audit.passwordToken')
  return subject ?? ''
}

function labelOf(name: string, action: string): string {
  // Entries say “address” both of a network address and, being older than that rule, of a digest.
  const key = name === 'address' && action === 'model.version_deleted' ? 'digest' : name
  return i18next.t(`common:audit.detail.${key}`, { defaultValue: name })
}

function wordFor(name: string, details: Details): string {
  const value = details[name]
  if (value === null || value === '') return i18next.t('common:audit.none')
  if (typeof value === 'boolean') return i18next.t(value ? 'editor:form.yes' : 'editor:form.no')
  if (typeof value === 'number') return formatNumber(value)
  if (name === 'warnings' && Array.isArray(value)) {
    return listed(
      value.map((code) => i18next.t(`common:audit.warning.${code}`, { defaultValue: String(code) })),
    )
  }
  if (name === 'scopes' && Array.isArray(value)) {
    return listed(
      value.map((scope) => i18next.t(`common:tokens.scope.${scope}`, { defaultValue: String(scope) })),
    )
  }
  const text = String(value)
  switch (name) {
    case 'expires_at':
      return formatMoment(text)
    case 'device':
      return deviceName(text)
    case 'role':
      return i18next.t(`common:role.${text}`, { defaultValue: text })
    case 'alias':
      return i18next.t(`common:audit.alias.${text}`, { defaultValue: text })
    case 'approvers':
      return i18next.t(`common:approval.${text}`, { defaultValue: text })
    case 'way':
      return i18next.t(`common:audit.way.${text}`, { defaultValue: text })
    case 'why':
      return storedText(text, details['why_parts'])
    default:
      return text
  }
}
