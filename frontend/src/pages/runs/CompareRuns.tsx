import { MultiSelect } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { runQuery, useRuns } from '@/api/runs'
import { FigureView } from '@/charts/FigureView'
import type { Run } from '@/contracts'
import { type ComparedLine, comparedMetrics, differingParams } from '@/lib/compare'
import { formatNumber } from '@/lib/format'
import { storedText } from '@/lib/messages'
import { metricName } from '@/lib/metrics'
import { stepsOf, valuesOf } from '@/live/series'
import { Panel, Section, Table } from '@/ui'
import styles from './RunMetrics.module.css'
import { useCurves } from './useCurves'

const MOST = 5

function Lines<Value>(props: {
  title: string
  runs: readonly Run[]
  lines: readonly ComparedLine<Value>[]
  shown: (value: Value) => string
}) {
  const { title, runs, lines, shown } = props
  const { t } = useTranslation()
  const heads = runs.map(({ number }) => ({ text: t('run.number', { number }), isNumeric: true }))
  return (
    <Panel isPadded={false}>
      <Table label={title} headers={[t('compare.node'), title, ...heads]}>
        {lines.map(({ node, name, values }) => (
          <tr key={`${node} ${name}`}>
            <td data-quiet>{node}</td>
            <td>{metricName(name)}</td>
            {values.map((value, index) => (
              <td key={runs[index]?.id} data-numeric>
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
function Curves({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation()
  const states = useCurves(runs)
  const traces = new Map<string, Record<string, unknown>[]>()
  states.forEach((state, index) => {
    for (const [id, node] of Object.entries(state?.nodes ?? {})) {
      for (const [name, series] of Object.entries(node.curves)) {
        const key = `${runs[index]?.nodes.find((each) => each.node === id)?.title ?? id} · ${name}`
        const trace = {
          type: 'scatter',
          mode: 'lines',
          name: t('run.number', { number: runs[index]?.number }),
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

/** This run beside others of its graph: measures, parameters that differ, and curves on one axis. */
export function CompareRuns({ run }: { run: Run }) {
  const { t } = useTranslation()
  const [search, setSearch] = useSearchParams()
  const chosen = (search.get('with') ?? '').split(',').filter(Boolean)
  const list = useRuns({ graph: run.graph })
  const answers = useQueries({ queries: chosen.map(runQuery) })
  const others = list.data?.results.filter(({ id }) => id !== run.id) ?? []
  const runs = [run, ...answers.flatMap(({ data }) => (data ? [data] : []))]
  const choose = (ids: string[]) =>
    setSearch(ids.length > 0 ? { with: ids.join(',') } : {}, { replace: true })
  if (others.length === 0) return null
  const params = runs.length > 1 ? differingParams(runs) : []
  return (
    <Section title={t('compare.title')}>
      <div className={styles.compare}>
        <MultiSelect
          label={t('compare.with')}
          data={others.map(({ id, number, headline, headline_parts }) => ({
            value: id,
            label: [t('run.number', { number }), storedText(headline, headline_parts)]
              .filter(Boolean)
              .join(' · '),
          }))}
          value={chosen}
          maxValues={MOST}
          searchable
          clearable
          onChange={choose}
        />
        {runs.length > 1 ? (
          <>
            <Lines
              title={t('run.metrics')}
              runs={runs}
              lines={comparedMetrics(runs)}
              shown={(value) => formatNumber(value)}
            />
            {params.length > 0 ? (
              <Lines title={t('compare.params')} runs={runs} lines={params} shown={(value) => value} />
            ) : (
              <p>{t('compare.sameParams')}</p>
            )}
            <Curves runs={runs} />
          </>
        ) : null}
      </div>
    </Section>
  )
}
