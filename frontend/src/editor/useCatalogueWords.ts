import { useSyncExternalStore } from 'react'
import { i18next } from '@/lib/i18n'
import type { CatalogueWords } from './graph/translate'

/** The words of the catalogue in the language of the page; nothing in English, which is what the server speaks. */
export function useCatalogueWords(): CatalogueWords | undefined {
  return useSyncExternalStore(
    onLanguage,
    () => i18next.getResourceBundle(i18next.language, 'catalogue') as CatalogueWords | undefined,
  )
}

function onLanguage(listener: () => void): () => void {
  i18next.on('languageChanged', listener)
  return () => i18next.off('languageChanged', listener)
}
