import type { NodeRun } from '@/contracts'
import { formatCount, formatNumber } from './format'
import { i18next } from './i18n'

/** Numbers a node measured, in its own order. */
export type NodeMetrics = { node: NodeRun; headline: string; values: [string, number][] }

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What a result line begins with, in this order: the same measures lead wherever a result stands. */
const LEADING = ['r2', 'accuracy', 'rmse', 'auc']

/** The measure by which a result is named on every screen; `named` is the node's own, for those of a plug-in. */
export function leadingMetric(names: readonly string[], named = ''): string {
  return LEADING.find((name) => names.includes(name)) ?? (names.includes(named) ? named : (names[0] ?? ''))
}

/** The measures that lead first, those of the baseline last, the others in their own order. */
export function ordered(values: readonly (readonly [string, number])[], named = ''): [string, number][] {
  const leading = leadingMetric(
    values.map(([name]) => name),
    named,
  )
  const rank = (name: string) => {
    if (name === leading) return -1
    if (name.startsWith('baseline')) return LEADING.length + 1
    return LEADING.includes(name) ? LEADING.indexOf(name) : LEADING.length
  }
  return values.map(([name, value]): [string, number] => [name, value]).sort(([a], [b]) => rank(a) - rank(b))
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
      const inOrder = ordered(numbers, String(output?.summary['headline'] ?? ''))
      return inOrder[0] ? [{ node, headline: inOrder[0][0], values: inOrder }] : []
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
  const shown = ordered(numbers).slice(0, SHOWN_METRICS)
  return shown.map(([name, value]) => `${metricName(name)} ${formatMetric(value)}`).join(' · ') || '–'
}

/** A measure as result lines have it, so that cards and lines say the same: 0.921, 27,100. */
export function formatMetric(value: number): string {
  return Math.abs(value) >= 1000 && Math.abs(value) < 1e9 ? formatCount(value) : formatNumber(value, 3)
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
