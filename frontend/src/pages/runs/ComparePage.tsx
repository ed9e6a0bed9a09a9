import { useComputedColorScheme } from '@mantine/core'
import { IconArrowsDiff } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { runQuery } from '@/api/runs'
import { colourAt } from '@/charts/figure'
import type { Run } from '@/contracts'
import { formatMoment } from '@/lib/format'
import { metricsLine, metricsOf } from '@/lib/metrics'
import { EmptyState, ErrorNotice, LoadingRows, Page, Panel, Table, TableLink } from '@/ui'
import { RunBadge } from './RunBadge'
import { RunComparison } from './RunComparison'
import styles from './RunMetrics.module.css'
import { RunTime } from './RunTime'

/** Runs of any graphs beside each other; `?ids=` names them. */
export function ComparePage() {
  const { t } = useTranslation()
  const [search] = useSearchParams()
  const ids = (search.get('ids') ?? '').split(',').filter(Boolean)
  const answers = useQueries({ queries: ids.map(runQuery) })
  const failed = answers.find(({ error }) => error)
  const runs = answers.flatMap(({ data }) => (data ? [data] : []))
  const isComing = answers.some(({ isPending }) => isPending)
  const names = runs.map(({ graph_name: name, number }) => t('run.title', { name, number }))
  return (
    <Page title={t('compare.page')} subtitle={t('compare.pageText')}>
      {failed?.error ? <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {isComing ? (
        <Panel isPadded={false}>
          <LoadingRows />
        </Panel>
      ) : null}
      {runs.length > 0 ? <Compared runs={runs} names={names} /> : null}
      {ids.length === 0 ? (
        <Panel>
          <EmptyState icon={IconArrowsDiff} title={t('compare.noneTitle')}>
            {t('compare.noneText')}
          </EmptyState>
        </Panel>
      ) : null}
      {runs.length > 1 && !isComing ? (
        <div className={styles.compare}>
          <RunComparison runs={runs} names={names} />
        </div>
      ) : null}
    </Page>
  )
}

/** Which runs are compared, each with the colour that its curves have. */
function Compared({ runs, names }: { runs: readonly Run[]; names: readonly string[] }) {
  const { t } = useTranslation()
  const isDark = useComputedColorScheme() === 'dark'
  const heads = [t('runs.graph'), t('list.state'), t('list.result'), t('runs.duration'), t('runs.started')]
  return (
    <Panel isPadded={false}>
      <Table label={t('compare.page')} headers={heads}>
        {runs.map((run, index) => (
          <tr key={run.id}>
            <td>
              <span className={styles.swatch} style={{ background: colourAt(index, isDark) }} aria-hidden />
              <TableLink to={`/runs/${run.id}`}>{names[index]}</TableLink>
            </td>
            <td>
              <RunBadge run={run} />
            </td>
            <td data-quiet>{metricsLine(Object.fromEntries(metricsOf(run.nodes)[0]?.values ?? []))}</td>
            <td>
              <RunTime run={run} />
            </td>
            <td>{formatMoment(run.created_at)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
