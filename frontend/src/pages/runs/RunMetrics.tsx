import { useTranslation } from 'react-i18next'
import type { Run } from '@/contracts'
import { formatMetric, metricName, metricsOf } from '@/lib/metrics'
import { Panel, Section } from '@/ui'
import styles from './RunMetrics.module.css'

/** What the run measured, a block per node that measured something. */
export function RunMetrics({ run }: { run: Run }) {
  const { t } = useTranslation()
  const measured = metricsOf(run.nodes)
  if (measured.length === 0) return null
  return (
    <Section title={t('run.metrics')}>
      <div className={styles.blocks}>
        {measured.map(({ node, headline, values }) => (
          <Panel key={node.node}>
            <h3 className={styles.title}>{node.title}</h3>
            <dl className={styles.values}>
              {values.map(([name, value]) => (
                <div key={name} className={styles.value} data-headline={name === headline || undefined}>
                  <dt>{metricName(name)}</dt>
                  <dd title={String(value)}>{formatMetric(value)}</dd>
                </div>
              ))}
            </dl>
          </Panel>
        ))}
      </div>
    </Section>
  )
}
