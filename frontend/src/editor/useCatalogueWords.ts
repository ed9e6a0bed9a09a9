import { useSyncExternalStore } from 'react'
import { useCatalogue } from '@/api/nodes'
import { i18next } from '@/lib/i18n'
import type { CatalogueWords } from './graph/translate'

/**
 * The words of the catalogue in the language of the page; nothing in English, which is what the server speaks. What shows
 * a message of a node calls it, so that the words are there and the message is drawn again when they come.
 */
export function useCatalogueWords(): CatalogueWords | undefined {
  const language = useSyncExternalStore(onLanguage, () => i18next.language)
  const words = useCatalogue({ enabled: language !== 'en' }).data?.words
  return words?.[language] as CatalogueWords | undefined
}

function onLanguage(listener: () => void): () => void {
  i18next.on('languageChanged', listener)
  return () => i18next.off('languageChanged', listener)
}
