import { useTranslation } from 'react-i18next'
import type { ModelVersion, VersionDetail } from '@/contracts'
import { listed } from '@/lib/format'
import { formatMetric, metricName, ordered } from '@/lib/metrics'
import { Panel, Section, VerdictLine } from '@/ui'
import { detail, isRecord, wordIn, wordsIn } from './details'
import styles from './VersionPage.module.css'

const PARTS = ['test', 'valid', 'train']

/** How well a version did, on which rows, and at what. */
export function Metrics({ version }: { version: ModelVersion }) {
  const { t } = useTranslation()
  const metrics = detail(version, 'metrics')
  const numbers = ordered(
    Object.entries(isRecord(metrics) ? metrics : {}).filter(
      (each): each is [string, number] => typeof each[1] === 'number',
    ),
  )
  const part = wordIn(version, 'scored_on')
  const task = wordIn(version, 'task')
  const classes = wordsIn(version, 'classes')
  return (
    <Section title={t('version.measured')}>
      <VerdictLine verdict={version.verdict} />
      <Panel>
        {numbers.length > 0 ? (
          <dl className={styles.values} data-testid="metrics">
            {numbers.map(([name, value]) => (
              <div key={name}>
                <dt title={metricName(name)}>{metricName(name)}</dt>
                <dd title={String(value)}>{formatMetric(value)}</dd>
              </div>
            ))}
          </dl>
        ) : (
          <p className={styles.note}>{t('version.noMetrics')}</p>
        )}
        <p className={styles.foot}>
          {t('endpoint.predicts', { target: wordIn(version, 'target') })}
          {` · ${t(`task.${task}`, { defaultValue: task })}`}
          {PARTS.includes(part) ? ` · ${t(`version.scoredOn.${part}`)}` : ''}
          {classes.length > 0 ? ` · ${t('version.classes', { names: listed(classes) })}` : ''}
        </p>
      </Panel>
    </Section>
  )
}

/** The raw columns a version asks for. */
export function Inputs({ whole }: { whole: VersionDetail }) {
  const { t } = useTranslation()
  const { inputs } = whole
  if (inputs.length === 0) return null
  return (
    <Section title={t('version.inputs', { count: inputs.length })}>
      <Panel isPadded={false}>
        <ul className={styles.rows}>
          {inputs.map((column) => (
            <li key={column.name} className={styles.row}>
              <span className={styles.grow}>{column.name}</span>
              <span className={styles.quiet}>
                {t(`type.${column.type}`)}
                {column.nullable ? '' : ` · ${t('version.required')}`}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </Section>
  )
}
