import { useTranslation } from 'react-i18next'
import { FigureView } from '@/charts/FigureView'
import type { Trace } from '@/charts/figure'
import type { Run } from '@/contracts'
import { type ComparedLine, comparedMetrics, differingParams } from '@/lib/compare'
import { formatMetric, metricName } from '@/lib/metrics'
import { stepsOf, valuesOf } from '@/live/series'
import { Panel, Table } from '@/ui'
import styles from './RunMetrics.module.css'
import { useCurves } from './useCurves'

interface RunComparisonProps {
  readonly runs: readonly Run[]
  /** What each run is called here, in the order of the runs. */
  readonly names: readonly string[]
}

/** Several runs beside each other: measures, parameters that differ, and curves on one axis, a colour for each run. */
export function RunComparison({ runs, names }: RunComparisonProps) {
  const { t } = useTranslation()
  const params = differingParams(runs)
  return (
    <>
      <Lines title={t('run.metrics')} names={names} lines={comparedMetrics(runs)} shown={formatMetric} />
      {params.length > 0 ? (
        <Lines title={t('compare.params')} names={names} lines={params} shown={(value) => value} />
      ) : (
        <p>{t('compare.sameParams')}</p>
      )}
      <Curves runs={runs} names={names} />
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
  const heads = names.map((text) => ({ text, isNumeric: true }))
  return (
    <Panel isPadded={false}>
      <Table label={title} headers={[t('compare.node'), title, ...heads]}>
        {lines.map(({ node, name, values }) => (
          <tr key={`${node} ${name}`}>
            <td data-quiet>{node}</td>
            <td>{metricName(name)}</td>
            {values.map((value, index) => (
              <td key={names[index]} data-numeric>
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
function Curves({ runs, names }: RunComparisonProps) {
  const { t } = useTranslation()
  const states = useCurves(runs)
  const traces = new Map<string, Trace[]>()
  states.forEach((state, index) => {
    for (const [id, node] of Object.entries(state?.nodes ?? {})) {
      for (const [name, series] of Object.entries(node.curves)) {
        const key = `${runs[index]?.nodes.find((each) => each.node === id)?.title ?? id} · ${name}`
        const trace: Trace = {
          type: 'scatter',
          mode: 'lines',
          name: names[index] ?? '',
          colour: index,
          x: Array.from(stepsOf(series)),
          y: Array.from(valuesOf(series)),
        }
        traces.set(key, [...(traces.get(key) ?? []), trace])
      }
    }
  })
  return (
    <div className={styles.figures}>
      {[...traces].map(([title, data]) => (
        <Panel key={title}>
          <FigureView
            title={title}
            spec={{ data, layout: { showlegend: true, xaxis: { title: t('editor:chart.step') } } }}
            height={240}
            keepsViewOf={title}
          />
        </Panel>
      ))}
    </div>
  )
}
