import { UnstyledButton } from '@mantine/core'
import { IconDatabase, IconRoute, IconTemplate, IconWebhook } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { isMoving, useRuns } from '@/api/runs'
import { useMayEdit } from '@/api/session'
import { inWords, useTemplates } from '@/api/templates'
import type { Endpoint, GraphLine, ListedDataset, RunLine } from '@/contracts'
import { formatAge, formatCount } from '@/lib/format'
import { EmptyState, ErrorNotice, Panel, Section, StatusBadge, VerdictBadge } from '@/ui'
import { asksForEncoding } from '../data/Reading'
import { statusOfEndpoint } from '../endpoints/endpointStatus'
import { GraphCard } from '../graphs/GraphCard'
import { useOpenNewGraph } from '../graphs/useOpenNewGraph'
import { RunBadge } from '../runs/RunBadge'
import styles from './Dashboard.module.css'

function Line({ to, name, state, note }: { to: string; name: string; state: ReactNode; note: string }) {
  return (
    <li>
      <Link to={to} className={styles.line}>
        <span className={styles.lineName}>{name}</span>
        {state}
        <span className={styles.lineNote}>{note}</span>
      </Link>
    </li>
  )
}

function RecentRun({ run }: { run: RunLine }) {
  return (
    <Line
      to={`/runs/${run.id}`}
      name={run.graph_name}
      state={<RunBadge run={run} />}
      note={`#${run.number} · ${formatAge(run.created_at)}`}
    />
  )
}

function Running() {
  const { t } = useTranslation()
  const { data } = useRuns({ pageSize: 20 })
  const moving = data?.results.filter(isMoving) ?? []
  const shown = moving.length > 0 ? moving : (data?.results.slice(0, 3) ?? [])
  if (shown.length === 0) return null
  return (
    <Section title={moving.length > 0 ? t('home.running') : t('home.lastRuns')} aside={<All to="/runs" />}>
      <Panel isPadded={false}>
        <ul className={styles.lines}>
          {shown.map((run) => (
            <RecentRun key={run.id} run={run} />
          ))}
        </ul>
      </Panel>
    </Section>
  )
}

function All({ to }: { to: string }) {
  const { t } = useTranslation()
  return (
    <Link to={to} className={styles.all}>
      {t('home.all')}
    </Link>
  )
}

function Endpoints({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const { t } = useTranslation()
  return (
    <Section title={t('nav.endpoints')} aside={endpoints.length > 0 ? <All to="/endpoints" /> : null}>
      <Panel isPadded={false}>
        {endpoints.length === 0 ? (
          <p className={styles.nothing}>
            <IconWebhook size={16} stroke={1.6} aria-hidden />
            {t('home.noEndpoints')}
          </p>
        ) : (
          <ul className={styles.lines}>
            {endpoints.map((endpoint) => (
              <Line
                key={endpoint.slug}
                to={`/endpoints/${endpoint.slug}`}
                name={endpoint.name}
                state={
                  <>
                    {endpoint.release?.model.verdict ? (
                      <VerdictBadge verdict={endpoint.release.model.verdict} />
                    ) : null}
                    <StatusBadge {...statusOfEndpoint(endpoint, t)} />
                  </>
                }
                note={t('home.requests', {
                  count: endpoint.traffic.requests,
                  text: formatCount(endpoint.traffic.requests),
                })}
              />
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  )
}

function Data({ datasets }: { datasets: readonly ListedDataset[] }) {
  const { t } = useTranslation()
  if (datasets.length === 0) return null
  return (
    <Section title={t('nav.data')} aside={<All to="/data" />}>
      <Panel isPadded={false}>
        <ul className={styles.lines}>
          {datasets.map((dataset) => (
            <Line
              key={dataset.id}
              to={`/data/${dataset.id}`}
              name={dataset.name}
              state={null}
              note={
                dataset.rows === null
                  ? t(`dataset.status.${asksForEncoding(dataset) ? 'encoding' : dataset.status}`)
                  : t('dataset.rowsCount', { count: dataset.rows, text: formatCount(dataset.rows) })
              }
            />
          ))}
        </ul>
      </Panel>
    </Section>
  )
}

function Templates() {
  const { t } = useTranslation()
  const { data } = useTemplates()
  const newGraph = useOpenNewGraph()
  if (!data || data.length === 0) return null
  return (
    <Section title={t('home.templates')}>
      {newGraph.error ? <ErrorNotice error={newGraph.error} /> : null}
      <div className={styles.templates}>
        {data.map(inWords).map(({ slug, title, description }) => (
          <UnstyledButton
            key={slug}
            className={styles.template}
            disabled={newGraph.isPending}
            onClick={() => newGraph.mutate({ name: title, template: slug })}
          >
            <IconTemplate size={16} stroke={1.6} aria-hidden className={styles.templateIcon} />
            <span>
              <span className={styles.templateTitle}>{title}</span>
              <span className={styles.templateText}>{description}</span>
            </span>
          </UnstyledButton>
        ))}
      </div>
    </Section>
  )
}

export type DashboardProps = {
  graphs: readonly GraphLine[]
  datasets: readonly ListedDataset[]
  endpoints: readonly Endpoint[]
}

/** The work of a workspace as it was left: graphs with their last result, what runs, what answers. */
export function Dashboard({ graphs, datasets, endpoints }: DashboardProps) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  return (
    <div className={styles.desk}>
      <div className={styles.main}>
        <Section title={t('home.graphs')} aside={graphs.length > 0 ? <All to="/graphs" /> : null}>
          {graphs.length === 0 ? (
            <Panel>
              <EmptyState
                icon={datasets.length > 0 ? IconDatabase : IconRoute}
                title={t('graphs.emptyTitle')}
              >
                {t('graphs.emptyText')}
              </EmptyState>
            </Panel>
          ) : (
            <div className={styles.cards}>
              {graphs.map((graph) => (
                <GraphCard key={graph.id} graph={graph} />
              ))}
            </div>
          )}
        </Section>
        {mayEdit ? <Templates /> : null}
      </div>
      <div className={styles.side}>
        <Running />
        <Endpoints endpoints={endpoints} />
        <Data datasets={datasets} />
      </div>
    </div>
  )
}
