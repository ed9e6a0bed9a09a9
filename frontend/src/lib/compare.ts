import type { GraphDocument, Run } from '@/contracts'
import type { NodeDescription, Params } from '@/editor/graph/types'
import { paramLines } from '@/form/paramLines'
import { metricsOf } from './metrics'

/** One thing of a node in each of the runs; nothing where a run has it not. */
export type ComparedLine<Value> = { key: string; node: string; name: string; values: (Value | undefined)[] }

/** What the words of a comparison are taken from: kinds of nodes by type, and what data sets are called, by id. */
export interface CompareWords {
  readonly find: (type: string) => NodeDescription | undefined
  readonly datasets: Readonly<Record<string, string>>
}

/** A node as it is found again in the other runs. */
interface Placed {
  readonly id: string
  readonly key: string
  readonly title: string
  readonly kind: NodeDescription | undefined
  readonly params: Params
}

/**
 * The nodes of each run. In runs of one graph a node is found again by its id; in those of several graphs by its kind,
 * the first with the first and the second with the second.
 */
export function placedNodes(runs: readonly Run[], { find }: Pick<CompareWords, 'find'>): Placed[][] {
  const isOneGraph = new Set(runs.map(({ graph }) => graph)).size === 1
  return runs.map((run) => {
    const counts = new Map<string, number>()
    return (run.document as GraphDocument).nodes.map(({ id, type, title, params }) => {
      const kind = find(type)
      const name = kind?.id ?? type
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      const key = isOneGraph ? id : `${name} ${count}`
      return { id, key, title: title || kind?.title || type, kind, params: params as Params }
    })
  })
}

interface Value<Shown> {
  readonly key: string
  readonly node: string
  readonly name: string
  readonly value: Shown
}

function lines<Shown>(columns: readonly (readonly Value<Shown>[])[]): ComparedLine<Shown>[] {
  const found = new Map<string, ComparedLine<Shown>>()
  columns.forEach((column, index) => {
    for (const { key, node, name, value } of column) {
      const lineKey = `${key}\n${name}`
      const line = found.get(lineKey) ?? { key, node, name, values: columns.map(() => undefined) }
      line.values[index] = value
      found.set(lineKey, line)
    }
  })
  return [...found.values()]
}

/** Every measure of every node, side by side. */
export function comparedMetrics(runs: readonly Run[], words: CompareWords): ComparedLine<number>[] {
  const placed = placedNodes(runs, words)
  return lines(
    runs.map((run, index) =>
      metricsOf(run.nodes).flatMap(({ node, values }) => {
        const at = placed[index]?.find(({ id }) => id === node.node)
        return values.map(([name, value]) => ({
          key: at?.key ?? node.node,
          node: at?.title ?? node.title,
          name,
          value,
        }))
      }),
    ),
  )
}

/** Parameters that are not the same in all runs which have their node, as they are read on a form. */
export function differingParams(runs: readonly Run[], words: CompareWords): ComparedLine<string>[] {
  const placed = placedNodes(runs, words)
  const columns = placed.map((nodes) =>
    nodes.flatMap(({ key, title, kind, params }) =>
      paramLines(params, kind, words.datasets).map(({ name, value }) => ({ key, node: title, name, value })),
    ),
  )
  const hasNode = (index: number, key: string) => placed[index]?.some((node) => node.key === key) ?? false
  return lines(columns).filter(
    ({ key, values }) => new Set(values.filter((_, index) => hasNode(index, key))).size > 1,
  )
}

/** Nodes that some of the runs have and others have not; the value says that a run has it. */
export function differingNodes(runs: readonly Run[], words: CompareWords): ComparedLine<true>[] {
  const placed = placedNodes(runs, words)
  const columns = placed.map((nodes) =>
    nodes.map(({ key, title }) => ({ key, node: title, name: '', value: true as const })),
  )
  return lines(columns).filter(({ values }) => values.includes(undefined))
}
