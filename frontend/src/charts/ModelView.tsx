import { useTranslation } from 'react-i18next'
import { formatNumber } from '@/lib/format'
import styles from './MetricsView.module.css'
import type { ModelOutput } from './outputs'

/** What a model is: its task, what it asks for, what it was taught on, and how well it did. */
export function ModelView({ model }: { model: ModelOutput }) {
  const { t } = useTranslation('editor')
  const facts: readonly (readonly [string, string])[] = [
    [t('model.task'), model.task],
    [t('model.target'), model.target],
    [t('model.classes'), model.classes.map(String).join(', ')],
    [t('model.learner'), model.learner],
    [t('model.scoredOn'), model.scoredOn],
    [t('model.threshold'), model.threshold === null ? '' : formatNumber(model.threshold)],
    [t('model.steps'), model.steps.join(' → ')],
  ]
  const numbers = Object.entries(model.metrics)
  return (
    <div data-testid="model">
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
            <dt>{name}</dt>
            <dd>{formatNumber(value)}</dd>
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
                <dd>{column.type}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  )
}
