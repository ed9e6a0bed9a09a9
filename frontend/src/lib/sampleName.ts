import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { wordsOf } from '@/form/schema'

/** What a sample data set is called in the language of the page, by its name in the catalogue. */
export function useSampleName(): (name: string) => string {
  const words = useCatalogueWords()?.nodes['source.sample']?.params['name']?.values
  return (name) => words?.[name] ?? wordsOf(name)
}
