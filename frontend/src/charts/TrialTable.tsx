import { useTranslation } from 'react-i18next'
import type { Trial } from '@/contracts'
import { formatDuration, formatNumber } from '@/lib/format'
import { metricName } from '@/lib/metrics'
import classes from './charts.module.css'

/** Every trial of a search in a row, the best one marked. */
export function TrialTable({ trials, metric }: { trials: readonly Trial[]; metric: string }) {
  const { t } = useTranslation('editor')
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.params)))]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} data-testid="trial-table">
      <table className={classes.table} aria-label={t('trials.title')}>
        <thead>
          <tr>
            <th data-numeric>#</th>
            <th data-numeric>{metric ? metricName(metric) : t('trials.value')}</th>
            {names.map((name) => (
              <th key={name}>{name}</th>
            ))}
            <th>{t('trials.state')}</th>
            <th data-numeric>{t('trials.time')}</th>
          </tr>
        </thead>
        <tbody>
          {trials.map((trial) => (
            <tr key={trial.number} data-best={trial.is_best}>
              <td data-numeric>{trial.number}</td>
              <td data-numeric>
                {trial.value === null ? '–' : formatNumber(trial.value)}
                {trial.is_best && ` ★`}
              </td>
              {names.map((name) => (
                <td key={name}>{shown(trial.params[name])}</td>
              ))}
              <td>{t(`trials.states.${trial.state}`, { defaultValue: trial.state })}</td>
              <td data-numeric>{formatDuration(trial.seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function shown(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value)
  return value === undefined || value === null ? '–' : String(value)
}
