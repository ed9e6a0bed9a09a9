import { findNode, reachable } from './read'
import type { Catalogue, GraphDocument, Params } from './types'

/** A change of parameters of a node of this type, with which another node needs less memory. */
export interface MemoryFix {
  readonly kind: 'set_params'
  readonly node: string
  readonly type: string
  readonly params: Params
}

const SIZES = ['batch_size', 'hidden_size', 'n_estimators']
const LEAST = 16
const FEWEST_ROWS = 1000

/** Whether the message of a failed node says that memory ran out. */
export function isMemoryMessage(id: string | null | undefined): boolean {
  return id === 'worker.memory_limit' || Boolean(id?.startsWith('memory.'))
}

/**
 * What may be halved for a node that ran out of memory: the rows of its sources, of a batch, and the size of its model.
 *
 * `rowsOf`: how many rows a source gave, 0 where that is not known.
 */
export function memoryFixes(
  document: GraphDocument,
  catalogue: Catalogue,
  id: string,
  rowsOf: (source: string) => number,
): readonly MemoryFix[] {
  const node = findNode(document, id)
  if (!node) return []
  const above = reachable(document, [id], 'upstream')
  const sources = document.nodes.filter((each) => above.has(each.id) && each.type === 'source.file')
  const fewer = sources.flatMap((source): MemoryFix[] => {
    const rows = Math.floor(rowsOf(source.id) / 2)
    return rows >= FEWEST_ROWS
      ? [{ kind: 'set_params', node: source.id, type: source.type, params: { max_rows: rows } }]
      : []
  })
  const defaults = catalogue.find(node.type)?.defaults ?? {}
  const smaller = SIZES.flatMap((name): MemoryFix[] => {
    const half = Math.floor(Number(node.params[name] ?? defaults[name] ?? 0) / 2)
    return name in defaults && half >= LEAST
      ? [{ kind: 'set_params', node: id, type: node.type, params: { [name]: half } }]
      : []
  })
  return [...fewer, ...smaller]
}
