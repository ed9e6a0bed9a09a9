import { i18next } from './i18n'

/** What went wrong as a sentence: the server's own, or ours when it could not be reached. */
export function errorMessage(error: unknown): string {
  if (error instanceof Error && error.name === 'OfflineError') return i18next.t('common:error.offline')
  return error instanceof Error ? error.message : String(error)
}
