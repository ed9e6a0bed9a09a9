import { i18next } from '@/lib/i18n'
import { type Message, messageText } from '@/lib/messages'

/** One fault the server found, with the address of where it is (`rows.0.age`, `nodes.n3.params.target`). */
export type Problem = { at: string; message: string }

/** An answer of the server that is not a success; its sentences are in the language of the page. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: readonly Problem[] = [],
    /** The whole body, for answers that carry more (a draft conflict brings the other document). */
    readonly body: unknown = undefined,
  ) {
    super(message)
  }
}

/** The server could not be reached at all. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function problemsIn(value: unknown): Problem[] {
  if (!Array.isArray(value)) return []
  return value.filter(isRecord).map((each) => ({
    at: String(each['at'] ?? ''),
    message: messageText({ ...each, message: String(each['message'] ?? '') }),
  }))
}

/** The sentence for a code, for refusals without an id: those of frameworks and of an endpoint under load. */
function sentenceOfCode(code: string): string | undefined {
  return i18next.getResource(i18next.language, 'errors', code) as string | undefined
}

function sentenceOf(body: Record<string, unknown>): string {
  const text = messageText(body as unknown as Message)
  if (typeof body['message_id'] === 'string') return text
  return sentenceOfCode(String(body['code'] ?? '')) ?? text
}

/** Reads the one error form of the server; anything else becomes a plain sentence with the status. */
export function errorFrom(status: number, body: unknown): ApiError {
  if (isRecord(body) && typeof body['message'] === 'string') {
    return new ApiError(
      status,
      String(body['code'] ?? 'error'),
      sentenceOf(body),
      problemsIn(body['problems']),
      body,
    )
  }
  return new ApiError(status, 'error', i18next.t('common:error.status', { status }), [], body)
}

/** The problem at this address, or under it. */
export function problemAt(error: unknown, address: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.problems.find((each) => each.at === address || each.at.startsWith(`${address}.`))?.message
}
