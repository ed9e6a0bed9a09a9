import { MultiSelect } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { runQuery, useRuns } from '@/api/runs'
import type { Run } from '@/contracts'
import { storedText } from '@/lib/messages'
import { Section } from '@/ui'
import { RunComparison } from './RunComparison'
import styles from './RunMetrics.module.css'

const MOST = 5

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
          <RunComparison runs={runs} names={runs.map(({ number }) => t('run.number', { number }))} />
        ) : null}
      </div>
    </Section>
  )
}
