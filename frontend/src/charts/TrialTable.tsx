import { useTranslation } from 'react-i18next'
import type { Trial } from '@/contracts'
import type { Json } from '@/editor/graph/types'
import { type Field, labelOf, titleOf } from '@/form/schema'
import { formatDuration, formatNumber } from '@/lib/format'
import { metricName } from '@/lib/metrics'
import classes from './charts.module.css'

interface TrialTableProps {
  readonly trials: readonly Trial[]
  readonly metric: string
  /** Parameters of the model that is tuned, by which columns and choices are named as on its form. */
  readonly fields: readonly Field[]
}

/** Every trial of a search in a row, the best one marked. */
export function TrialTable({ trials, metric, fields }: TrialTableProps) {
  const { t } = useTranslation('editor')
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.params)))]
  const columns = names.map((name) => ({ name, field: fields.find((field) => field.name === name) }))
  const shown = (value: unknown, field?: Field): string => {
    if (value === undefined || value === null) return '–'
    if (typeof value === 'number') return formatNumber(value)
    if (typeof value === 'boolean') return t(value ? 'form.yes' : 'form.no')
    return field?.kind === 'choice' ? labelOf(value as Json, field.schema) : String(value)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} data-testid="trial-table">
      <table className={classes.table} aria-label={t('trials.title')}>
        <thead>
          <tr>
            <th data-numeric>#</th>
            <th data-numeric>{metric ? metricName(metric) : t('trials.value')}</th>
            {columns.map(({ name, field }) => (
              <th key={name}>{field ? titleOf(field) : name}</th>
            ))}
            <th>{t('trials.state')}</th>
            <th data-numeric>{t('trials.time')}</th>
          </tr>
        </thead>
        <tbody>
          {trials.map((trial) => (
            <tr key={trial.number} data-best={trial.is_best}>
              <td data-numeric>{trial.number}</td>
              <td data-numeric>{trial.value === null ? '–' : formatNumber(trial.value)}</td>
              {columns.map(({ name, field }) => (
                <td key={name}>{shown(trial.params[name], field)}</td>
              ))}
              <td>
                {trial.is_best ? (
                  <strong>★ {t('trials.isBest')}</strong>
                ) : (
                  t(`trials.states.${trial.state}`, { defaultValue: trial.state })
                )}
              </td>
              <td data-numeric>{formatDuration(trial.seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
