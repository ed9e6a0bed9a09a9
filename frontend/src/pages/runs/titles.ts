import type { Run } from '@/contracts'
import type { CatalogueWords } from '@/editor/graph/translate'

interface Kind {
  readonly id: string
  readonly title: string
}

/**
 * The run with the titles of its nodes in the words of the page's language. A run keeps the title that a person gave a
 * node, or the English one of the catalogue; only the latter is translated.
 */
export function withTitles(run: Run, kinds: readonly Kind[], words: CatalogueWords | undefined): Run {
  if (!words) return run
  const english = new Map(kinds.map(({ id, title }) => [id, title]))
  const nodes = run.nodes.map((node) => {
    const title = words.nodes[node.type]?.title
    return title && node.title === english.get(node.type) ? { ...node, title } : node
  })
  return { ...run, nodes }
}
