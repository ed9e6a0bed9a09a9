import type { TFunction } from 'i18next'
import { useSyncExternalStore } from 'react'
import { i18next } from './i18n'

const made = new Map<string, TFunction>()

/** The words of one part of the page, made once for a language. Lighter than `useTranslation`, for what is drawn by the hundred. */
export function useWords(namespace: 'editor' | 'common'): TFunction {
  const language = useSyncExternalStore(onLanguage, () => i18next.language)
  const key = `${language} ${namespace}`
  const known = made.get(key)
  if (known) return known
  const words = i18next.getFixedT(language, namespace)
  made.set(key, words)
  return words
}

function onLanguage(listener: () => void): () => void {
  i18next.on('languageChanged', listener)
  return () => i18next.off('languageChanged', listener)
}
