import { useTranslation } from 'react-i18next'
import { formatNumber } from '@/lib/format'
import { detailName, formatMetric, metricName, ordered } from '@/lib/metrics'
import { VerdictLine } from '@/ui'
import classes from './charts.module.css'
import styles from './MetricsView.module.css'
import type { MetricsOutput } from './outputs'

/** The measure that counts, large; the others beside it; then the tables per class or fold. */
export function MetricsView({ metrics }: { metrics: MetricsOutput }) {
  const names = ordered(Object.entries(metrics.values), metrics.headline).map(([name]) => name)
  const headline = names[0]
  return (
    <div data-testid="metrics">
      <VerdictLine verdict={metrics.verdict} />
      {headline && (
        <div className={styles.headline}>
          <strong title={String(metrics.values[headline])}>
            {formatMetric(metrics.values[headline] ?? Number.NaN)}
          </strong>
          <span>{metricName(headline)}</span>
        </div>
      )}
      <dl className={styles.list}>
        {names
          .filter((name) => name !== headline)
          .map((name) => (
            <div key={name}>
              <dt>{metricName(name)}</dt>
              <dd title={String(metrics.values[name])}>{formatMetric(metrics.values[name] ?? Number.NaN)}</dd>
            </div>
          ))}
      </dl>
      {Object.entries(metrics.details).map(([title, rows]) => (
        <DetailTable key={title} title={title} rows={rows} />
      ))}
    </div>
  )
}

function DetailTable({ title, rows }: { title: string; rows: readonly Readonly<Record<string, unknown>>[] }) {
  const { t } = useTranslation('editor')
  const names = Object.keys(rows[0] ?? {})
  if (rows.length === 0) return null
  return (
    <section>
      <h3 className={styles.title}>{detailName(title)}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={classes.scroll} tabIndex={0}>
        <table className={classes.table} aria-label={title ? detailName(title) : t('inspector.metrics')}>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} data-numeric={typeof rows[0]?.[name] === 'number'}>
                  {detailName(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own
              <tr key={index}>
                {names.map((name) => (
                  <td key={name} data-numeric={typeof row[name] === 'number'}>
                    {typeof row[name] === 'number' ? formatNumber(row[name]) : String(row[name] ?? '–')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
