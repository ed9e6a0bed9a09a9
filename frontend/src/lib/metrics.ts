import type { NodeRun } from '@/contracts'
import { formatNumber } from './format'
import { i18next } from './i18n'

/** Numbers a node measured, in its own order. */
export type NodeMetrics = { node: NodeRun; headline: string; values: [string, number][] }

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The measure that matters first, those of the baseline last. */
function ordered(values: [string, number][], headline: string): [string, number][] {
  const rank = (name: string) => (name === headline ? 0 : name.startsWith('baseline') ? 2 : 1)
  return values.toSorted(([a], [b]) => rank(a) - rank(b))
}

/** The measures in the summaries of a run's outputs, latest node first. */
export function metricsOf(nodes: readonly NodeRun[]): NodeMetrics[] {
  return nodes
    .flatMap((node) => {
      const output = Object.values(node.outputs).find(({ wire }) => wire === 'metrics')
      const values = output?.summary['values']
      if (!isRecord(values)) return []
      const numbers = Object.entries(values).filter(
        (each): each is [string, number] => typeof each[1] === 'number',
      )
      const headline = String(output?.summary['headline'] ?? '')
      return numbers.length > 0 ? [{ node, headline, values: ordered(numbers, headline) }] : []
    })
    .reverse()
}

const SHOWN_METRICS = 2

/** The first measures of a model in one line: "R² 0.91 · RMSE 21,350". */
export function metricsLine(metrics: unknown): string {
  if (!isRecord(metrics)) return '–'
  const numbers = Object.entries(metrics).filter(
    (each): each is [string, number] => typeof each[1] === 'number',
  )
  const shown = numbers.slice(0, SHOWN_METRICS)
  return shown.map(([name, value]) => `${metricName(name)} ${formatNumber(value, 3)}`).join(' · ') || '–'
}

/** A measure's name as people say it. */
export function metricName(name: string): string {
  return i18next.t(`metric.${name}`, { defaultValue: name.replaceAll('_', ' ') })
}

/** The name of a curve, or of what several curves have in common. */
export function curveName(name: string): string {
  return i18next.t(`curve.${name}`, { defaultValue: metricName(name) })
}

/** The name of a table of measures, or of one of its columns. */
export function detailName(name: string): string {
  return i18next.t(`detail.${name}`, { defaultValue: metricName(name) })
}
