import {
  type Icon,
  IconAbc,
  IconCalendar,
  IconCategory,
  IconDecimal,
  IconNumber123,
  IconToggleLeft,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { ColumnProfile, ColumnType } from '@/contracts'
import { isCode } from '@/lib/columns'
import { formatCount, formatNumber, formatShare, formatTableDate } from '@/lib/format'
import { Histogram } from '@/ui/Histogram'
import styles from './ColumnCard.module.css'

export const TYPE_ICONS: Record<ColumnType, Icon> = {
  number: IconDecimal,
  integer: IconNumber123,
  boolean: IconToggleLeft,
  category: IconCategory,
  text: IconAbc,
  date: IconCalendar,
}

function TopValues({ column, rows }: { column: ColumnProfile; rows: number }) {
  return (
    <ul className={styles.top}>
      {column.top.slice(0, 4).map(({ value, count }) => (
        <li key={String(value)} className={styles.value}>
          <span className={styles.bar} style={{ width: `${rows ? (100 * count) / rows : 0}%` }} />
          <span className={styles.word} title={String(value)}>
            {value === '' ? '""' : formatTableDate(String(value))}
          </span>
          <span className={styles.share}>{formatShare(rows ? count / rows : 0)}</span>
        </li>
      ))}
    </ul>
  )
}

function Spread({ column }: { column: ColumnProfile }) {
  const { t } = useTranslation()
  if (!column.histogram) return null
  const { minimum, maximum, quantiles } = column
  const middle = quantiles?.['50'] ?? null
  // Bounds of dates are texts, whatever the interface description says.
  const shown = (value: number | string) => {
    if (typeof value === 'string') return formatTableDate(value)
    return isCode(column) ? String(value) : formatNumber(value)
  }
  return (
    <>
      <Histogram counts={column.histogram.counts} label={t('column.histogram', { name: column.name })} />
      <div className={styles.range}>
        <span>{minimum === null ? '' : shown(minimum)}</span>
        {middle === null ? null : (
          <span className={styles.middle}>{t('column.median', { value: shown(middle) })}</span>
        )}
        <span>{maximum === null ? '' : shown(maximum)}</span>
      </div>
    </>
  )
}

/** What is known of one column: type, gaps, variety, spread or most frequent values. */
export function ColumnCard({ column, rows }: { column: ColumnProfile; rows: number }) {
  const { t } = useTranslation()
  const TypeIcon = TYPE_ICONS[column.type]
  return (
    <article className={styles.card} aria-label={column.name} data-testid="column-card">
      <header className={styles.header}>
        <TypeIcon size={16} stroke={1.6} aria-hidden />
        <h3 className={styles.name} title={column.name}>
          {column.name}
        </h3>
        <span className={styles.type}>{t(`type.${column.type}`)}</span>
      </header>
      <div className={styles.figure}>
        {column.histogram ? <Spread column={column} /> : <TopValues column={column} rows={rows} />}
      </div>
      <dl className={styles.facts}>
        <div className={styles.fact} data-warns={column.missing > 0 || undefined}>
          <dt>{t('column.missing')}</dt>
          <dd>
            {column.missing === 0
              ? t('column.none')
              : `${formatCount(column.missing)} · ${formatShare(rows ? column.missing / rows : 0)}`}
          </dd>
        </div>
        <div className={styles.fact}>
          <dt>{t('column.distinct')}</dt>
          <dd>{column.distinct === null ? '–' : formatCount(column.distinct)}</dd>
        </div>
      </dl>
    </article>
  )
}
