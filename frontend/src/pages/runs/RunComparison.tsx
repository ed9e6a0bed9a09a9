import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useDatasets } from '@/api/datasets'
import { FigureView } from '@/charts/FigureView'
import type { Trace } from '@/charts/figure'
import type { Run } from '@/contracts'
import { useTranslatedCatalogue } from '@/editor/useTranslatedCatalogue'
import {
  type ComparedLine,
  type CompareWords,
  comparedMetrics,
  differingNodes,
  differingParams,
  placedNodes,
} from '@/lib/compare'
import { curveName, formatMetric, metricName } from '@/lib/metrics'
import { stepsOf, valuesOf } from '@/live/series'
import { Panel, Table } from '@/ui'
import styles from './RunMetrics.module.css'
import { useCurves } from './useCurves'

interface RunComparisonProps {
  readonly runs: readonly Run[]
  /** What each run is called here, in the order of the runs. */
  readonly names: readonly string[]
}

const MOST_DATASETS = 200

/** Several runs beside each other: measures, what differs in their graphs, and curves on one axis, a colour for each run. */
export function RunComparison({ runs, names }: RunComparisonProps) {
  const { t } = useTranslation()
  const { catalogue } = useTranslatedCatalogue()
  const { data: datasets } = useDatasets(1, MOST_DATASETS)
  const words = useMemo(
    () => ({
      find: catalogue.find,
      datasets: Object.fromEntries(datasets?.results.map(({ id, name }) => [id, name]) ?? []),
    }),
    [catalogue, datasets],
  )
  const nodes = differingNodes(runs, words)
  const params = differingParams(runs, words)
  const metrics = comparedMetrics(runs, words).map((line) => ({ ...line, name: metricName(line.name) }))
  const there = nodes.map((line) => ({
    ...line,
    values: line.values.map((value) => value && t('compare.there')),
  }))
  return (
    <>
      <Lines title={t('run.metrics')} names={names} lines={metrics} shown={formatMetric} />
      {there.length > 0 ? (
        <Lines title={t('compare.nodes')} names={names} lines={there} shown={(value) => value} />
      ) : null}
      {params.length > 0 ? (
        <Lines title={t('compare.params')} names={names} lines={params} shown={(value) => value} />
      ) : (
        <p>{t('compare.sameParams')}</p>
      )}
      <Curves runs={runs} names={names} words={words} />
    </>
  )
}

interface LinesProps<Value> {
  readonly title: string
  readonly names: readonly string[]
  readonly lines: readonly ComparedLine<Value>[]
  readonly shown: (value: Value) => string
}

function Lines<Value>({ title, names, lines, shown }: LinesProps<Value>) {
  const { t } = useTranslation()
  if (lines.length === 0) return null
  const isNamed = lines.some(({ name }) => name !== '')
  const heads = names.map((text) => ({ text, isNumeric: true }))
  return (
    <Panel isPadded={false}>
      <Table
        label={title}
        headers={[isNamed ? t('compare.node') : title, ...(isNamed ? [title] : []), ...heads]}
      >
        {lines.map(({ key, node, name, values }) => (
          <tr key={`${key} ${name}`}>
            <td data-quiet={isNamed || undefined}>{node}</td>
            {isNamed ? <td>{name}</td> : null}
            {values.map((value, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is the run at its place
              <td key={index} data-numeric>
                {value === undefined ? '–' : shown(value)}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

/** The curves of the same node and measure of all runs on one axis. */
function Curves({ runs, names, words }: RunComparisonProps & { readonly words: CompareWords }) {
  const { t } = useTranslation()
  const states = useCurves(runs)
  const placed = placedNodes(runs, words)
  const figures = new Map<string, { title: string; traces: Trace[] }>()
  states.forEach((state, index) => {
    for (const [id, node] of Object.entries(state?.nodes ?? {})) {
      const at = placed[index]?.find((each) => each.id === id)
      for (const [name, series] of Object.entries(node.curves)) {
        const key = `${at?.key ?? id} ${name}`
        const figure = figures.get(key) ?? { title: `${at?.title ?? id} · ${curveName(name)}`, traces: [] }
        figures.set(key, figure)
        figure.traces.push({
          type: 'scatter',
          mode: series.length === 1 ? 'markers' : 'lines',
          name: names[index] ?? '',
          colour: index,
          x: Array.from(stepsOf(series)),
          y: Array.from(valuesOf(series)),
        })
      }
    }
  })
  return (
    <div className={styles.figures}>
      {[...figures].map(([key, { title, traces }]) => (
        <Panel key={key}>
          <FigureView
            title={title}
            spec={{ data: traces, layout: { showlegend: true, xaxis: { title: t('editor:chart.step') } } }}
            height={240}
            keepsViewOf={key}
          />
        </Panel>
      ))}
    </div>
  )
}
