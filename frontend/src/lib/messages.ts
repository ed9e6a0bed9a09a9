import { nodeKeys } from '@/api/nodes'
import { queryClient } from '@/api/queryClient'
import type { CatalogueWords } from '@/editor/graph/translate'
import { formatNumber, listed } from './format'
import { i18next } from './i18n'

/** A sentence that the server composed: its English text, and what the page needs to say it in another language. */
export interface Message {
  readonly message: string
  readonly message_id?: string | undefined
  readonly message_params?: unknown
}

const FLAT = { ns: 'messages', keySeparator: false, nsSeparator: false } as const

/** English sentences around a measure, said here so that it has the name that cards and tables give it. */
const SAID_BY_THE_PAGE: Readonly<Record<string, string>> = {
  'result.score': '{{metric}} {{number}}',
  'result.two_scores': '{{first}} · {{second}}',
}

/** The message in the language of the page, or in English where that has no text for its id. */
export function messageText({ message, message_id: id, message_params: params }: Message): string {
  if (!id) return message
  const language = i18next.language
  const values = Object.fromEntries(
    Object.entries(isRecord(params) ? params : {}).map(([name, value]) => [name, paramText(value)]),
  )
  const options = { ...FLAT, ...values, lng: language, fallbackLng: [] }
  if (i18next.exists(id, options)) return i18next.t(id, options)
  const ofNode = catalogueWords()?.messages?.[id] ?? (language === 'en' ? SAID_BY_THE_PAGE[id] : undefined)
  return ofNode === undefined ? message : i18next.t(id, { ...options, defaultValue: ofNode })
}

/**
 * A sentence that was stored as its English text and, beside it, its parts: id and parameters, absent for texts of older
 * versions.
 */
export function storedText(text: string | null | undefined, parts: unknown): string {
  const { id, params } = isRecord(parts) ? parts : {}
  return messageText({
    message: text ?? '',
    message_id: typeof id === 'string' ? id : undefined,
    message_params: params,
  })
}

// Numbers stay numbers: they choose the plural, and the text formats them (`{{count, number}}`).
function paramText(value: unknown): string | number {
  if (typeof value === 'number') return value
  if (!isRecord(value)) return String(value)
  if (typeof value['message'] === 'string') return messageText(value as unknown as Message)
  if (typeof value['term'] === 'string') return termText(value['term'], String(value['text'] ?? ''))
  if (Array.isArray(value['choices'])) return listed(value['choices'].map(paramText).map(String))
  if (Array.isArray(value['names'])) return namesText(value['names'].map(String), Number(value['more'] ?? 0))
  return JSON.stringify(value)
}

function namesText(names: readonly string[], more: number): string {
  const quoted = listed(names.map((name) => `“${name}”`))
  return more > 0 ? i18next.t('common:list.andMore', { names: quoted, more: formatNumber(more) }) : quoted
}

/** A word of the product: one of the messages' own, of the page, or of the catalogue of nodes. */
function termText(key: string, english: string): string {
  const [kind = '', path = ''] = key.split(/:(.*)/)
  if (path) return catalogueWord(kind, path) ?? english
  const lng = i18next.language
  const own = i18next.getResource(lng, 'messages', key, { keySeparator: false }) as string | undefined
  return (
    own ??
    catalogueWords()?.messages?.[key] ??
    (i18next.exists(`common:${key}`, { lng, fallbackLng: [] }) ? i18next.t(`common:${key}`) : english)
  )
}

/** What the catalogue of nodes has in the language of the page; nothing before it is loaded. */
function catalogueWords(): CatalogueWords | undefined {
  const known = queryClient.getQueryData<{ words?: Record<string, unknown> }>(nodeKeys.catalogue)
  return known?.words?.[i18next.language] as CatalogueWords | undefined
}

function catalogueWord(kind: string, path: string): string | undefined {
  const words = catalogueWords()
  const [folder = '', name = '', param = '', value = ''] = path.split('.')
  const node = words?.nodes[`${folder}.${name}`]
  switch (kind) {
    case 'node':
      return node?.title
    case 'param':
      return node?.params[param]?.title
    case 'port':
      return words?.ports[path]
    case 'value':
      return value ? (node?.params[param]?.values?.[value] ?? words?.values[value]) : words?.values[path]
    default:
      return undefined
  }
}

/** Whether a value is an object with named values. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
