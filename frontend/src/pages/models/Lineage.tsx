import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { ModelVersion, VersionDetail } from '@/contracts'
import { formatCount, listed } from '@/lib/format'
import { useSampleName } from '@/lib/sampleName'
import { CopyButton, Panel, Section } from '@/ui'
import { detail, isRecord } from './details'
import styles from './VersionPage.module.css'

const SHORT = 12

type Source = VersionDetail['sources'][number]

function SourceLine({ source }: { source: Source }) {
  const { t } = useTranslation()
  if (source.version === null) {
    const gone = source.name ? t('version.dataVersionGone', { name: source.name }) : t('version.dataGone')
    return <span className={styles.quiet}>{gone}</span>
  }
  const rows = source.rows ?? 0
  return (
    <>
      <Link to={`/data/${source.dataset}?version=${source.version}`}>
        {t('version.dataVersion', { name: source.name, number: source.version })}
      </Link>{' '}
      <span className={styles.quiet}>
        {t('dataset.rowsCount', { count: rows, text: formatCount(rows) })}
        {source.is_current ? '' : ` · ${t('version.dataNewer')}`}
      </span>
    </>
  )
}

/** What stands for the data where no data set was read: the names of the samples. */
function samplesOf({ nodes }: VersionDetail): string[] {
  return nodes.flatMap(({ type, params }) =>
    type === 'source.sample' && typeof params['name'] === 'string' ? [params['name']] : [],
  )
}

function Data({ whole }: { whole: VersionDetail }) {
  const { t } = useTranslation()
  const nameOf = useSampleName()
  const samples = listed(samplesOf(whole).map(nameOf))
  if (whole.sources.length === 0) {
    return <dd>{samples ? t('version.sample', { name: samples }) : t('version.noData')}</dd>
  }
  return (
    <dd>
      <ul>
        {whole.sources.map((source) => (
          <li key={source.dataset}>
            <SourceLine source={source} />
          </li>
        ))}
      </ul>
    </dd>
  )
}

function GraphLine({ whole }: { whole: VersionDetail }) {
  const { t } = useTranslation()
  const { graph } = whole
  if (!graph) return <span className={styles.quiet}>{t('version.graphGone')}</span>
  const words = t('version.graphVersion', { name: graph.name, number: graph.version })
  return (
    <>
      {graph.is_saved ? <Link to={`/graphs/${graph.id}?version=${graph.version}`}>{words}</Link> : words}
      {graph.version_name ? <span className={styles.quiet}> “{graph.version_name}”</span> : null}
    </>
  )
}

/** The data, graph and run a version came from, each as a link to exactly that. */
export function Lineage({ whole }: { whole: VersionDetail }) {
  const { t } = useTranslation()
  const { version } = whole
  return (
    <Panel>
      <dl className={styles.facts} data-testid="lineage">
        <dt>{t('version.data')}</dt>
        <Data whole={whole} />
        <dt>{t('version.graph')}</dt>
        <dd>
          <GraphLine whole={whole} />
        </dd>
        <dt>{t('version.run')}</dt>
        <dd>
          {version.run ? (
            <Link to={`/runs/${version.run}`}>{t('run.number', { number: version.run_number })}</Link>
          ) : (
            <span className={styles.quiet}>{t('version.runGone')}</span>
          )}
        </dd>
        <dt>{t('version.package')}</dt>
        <dd className={styles.address}>
          <span title={version.address}>{version.address.slice(0, SHORT)}…</span>
          <CopyButton text={version.address} label={t('version.copyPackage')} />
        </dd>
      </dl>
    </Panel>
  )
}

/** With which seed, Python and libraries a version was made. */
export function CodeVersions({ version }: { version: ModelVersion }) {
  const { t } = useTranslation()
  const lineage = detail(version, 'lineage')
  const known = isRecord(lineage) ? Object.entries(lineage) : []
  if (known.length === 0) return null
  const words: Record<string, string> = { seed: t('version.seed'), python: 'Python', numpy: 'NumPy' }
  return (
    <Section title={t('version.code')}>
      <Panel>
        <dl className={styles.facts} data-testid="code-versions">
          {known.map(([name, value]) => (
            <FactRow key={name} name={words[name] ?? name} value={String(value)} />
          ))}
        </dl>
      </Panel>
    </Section>
  )
}

function FactRow({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
