import type { GraphDocument, Run } from '@/contracts'
import { metricsOf } from './metrics'

/** One thing of a node in each of the runs; nothing where a run has it not. */
export type ComparedLine<Value> = { node: string; name: string; values: (Value | undefined)[] }

function lines<Value>(
  columns: readonly (readonly { node: string; title: string; name: string; value: Value }[])[],
): ComparedLine<Value>[] {
  const found = new Map<string, ComparedLine<Value>>()
  columns.forEach((column, index) => {
    for (const { node, title, name, value } of column) {
      const key = `${node}\n${name}`
      const line = found.get(key) ?? { node: title, name, values: columns.map(() => undefined) }
      line.values[index] = value
      found.set(key, line)
    }
  })
  return [...found.values()]
}

/** Every measure of every node, side by side. */
export function comparedMetrics(runs: readonly Run[]): ComparedLine<number>[] {
  return lines(
    runs.map((run) =>
      metricsOf(run.nodes).flatMap(({ node, values }) =>
        values.map(([name, value]) => ({ node: node.node, title: node.title, name, value })),
      ),
    ),
  )
}

/** Parameters that are not the same in all runs, as text. */
export function differingParams(runs: readonly Run[]): ComparedLine<string>[] {
  const columns = runs.map((run) =>
    (run.document as GraphDocument).nodes.flatMap(({ id, title, type, params }) =>
      Object.entries(params).map(([name, value]) => ({
        node: id,
        title: title || type,
        name,
        value: typeof value === 'string' ? value : JSON.stringify(value),
      })),
    ),
  )
  return lines(columns).filter(({ values }) => new Set(values).size > 1)
}
