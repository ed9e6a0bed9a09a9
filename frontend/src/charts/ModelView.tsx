import { useTranslation } from 'react-i18next'
import { formatNumber, listed } from '@/lib/format'
import { formatMetric, metricName, ordered } from '@/lib/metrics'
import { VerdictLine } from '@/ui'
import styles from './MetricsView.module.css'
import type { ModelOutput } from './outputs'

/** What a model is: its task, what it asks for, what it was taught on, and how well it did. */
export function ModelView({ model }: { model: ModelOutput }) {
  const { t } = useTranslation('editor')
  // Only a choice between two classes has one; models of numbers carry the default with them.
  const hasThreshold = model.threshold !== null && model.task !== 'regression'
  const milliseconds = shown(model.parity['milliseconds_per_row'])
  const facts: readonly (readonly [string, string])[] = [
    [t('model.task'), t(`common:task.${model.task}`, { defaultValue: model.task })],
    [t('model.target'), model.target],
    [t('model.classes'), listed(model.classes.map(String))],
    [t('model.learner'), model.learner],
    [t('model.scoredOn'), t(`common:rowsOf.${model.scoredOn}`, { defaultValue: model.scoredOn })],
    [t('model.threshold'), hasThreshold ? formatNumber(model.threshold) : ''],
    [t('model.steps'), model.steps.join(' → ')],
    [t('model.checkedRows'), shown(model.parity['rows'])],
    [t('model.largestDifference'), shown(model.parity['largest_difference'])],
    [t('model.tolerance'), shown(model.parity['tolerance'])],
    [t('model.timePerRow'), milliseconds && t('model.milliseconds', { value: milliseconds })],
  ]
  const numbers = ordered(Object.entries(model.metrics))
  return (
    <div data-testid="model">
      <VerdictLine verdict={model.verdict} />
      <dl className={styles.list}>
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        {numbers.map(([name, value]) => (
          <div key={name}>
            <dt>{metricName(name)}</dt>
            <dd title={String(value)}>{formatMetric(value)}</dd>
          </div>
        ))}
      </dl>
      {model.inputs.length > 0 && (
        <>
          <h3 className={styles.title}>{t('model.inputs', { count: model.inputs.length })}</h3>
          <dl className={styles.list}>
            {model.inputs.map((column) => (
              <div key={column.name}>
                <dt>{column.name}</dt>
                <dd>{t(`common:type.${column.type}`)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  )
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : formatNumber(value)
}
