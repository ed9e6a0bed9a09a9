import { useMemo } from 'react'
import { useCatalogue } from '@/api/nodes'
import { indexCatalogue } from './graph/catalogue'
import { translated } from './graph/translate'
import type { Catalogue } from './graph/types'
import { describe } from './server'
import { useCatalogueWords } from './useCatalogueWords'

/** Every kind of node in the words of the page's language; `isPending` until they have come. */
export function useTranslatedCatalogue(): { readonly catalogue: Catalogue; readonly isPending: boolean } {
  const { data, isPending } = useCatalogue()
  const words = useCatalogueWords()
  const catalogue = useMemo(() => {
    const nodes = (data?.nodes ?? []).map(describe)
    return indexCatalogue(nodes.map((node) => (words ? translated(node, words) : node)))
  }, [data, words])
  return { catalogue, isPending }
}
