import { Checkbox, SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { PredictionChoice } from '@/api/graphs'
import type { PredictionTarget } from '@/contracts'
import { formatCount, formatNumber, listed } from '@/lib/format'
import { messageText } from '@/lib/messages'
import styles from './TargetPanel.module.css'

const TASKS = ['classification', 'regression'] as const

export type TargetPanelProps = {
  target: PredictionTarget
  choice: PredictionChoice
  onChange: (choice: PredictionChoice) => void
}

/** How the chosen column will be predicted: what was guessed, why, and a switch for each guess. */
export function TargetPanel({ target, choice, onChange }: TargetPanelProps) {
  const { t } = useTranslation()
  const isTwo = target.classes.length === 2 && target.positive !== ''
  return (
    <div className={styles.panel} data-testid="target">
      {target.has_tasks ? (
        <div className={styles.row}>
          <span className={styles.label}>{t('predict.predictAs')}</span>
          <SegmentedControl
            size="xs"
            aria-label={t('predict.predictAs')}
            value={target.task}
            data={TASKS.map((task) => ({ value: task, label: t(`predict.${task}`) }))}
            onChange={(task) => onChange({ ...choice, task: task as PredictionTarget['task'], positive: '' })}
          />
        </div>
      ) : null}
      {isTwo ? (
        <div className={styles.row}>
          <span className={styles.label}>{t('predict.positive')}</span>
          <SegmentedControl
            size="xs"
            aria-label={t('predict.positive')}
            value={target.positive}
            data={target.classes.map(({ name }) => ({ value: name, label: name }))}
            onChange={(positive) => onChange({ ...choice, positive })}
          />
        </div>
      ) : null}
      {target.has_spellings ? (
        <Checkbox
          size="sm"
          checked={choice.merges_spellings}
          label={t('predict.merge')}
          description={target.spellings.length > 0 ? listed(target.spellings.map(quoted)) : undefined}
          onChange={(event) =>
            onChange({ ...choice, positive: '', merges_spellings: event.currentTarget.checked })
          }
        />
      ) : null}
      {target.classes.length > 0 ? <Classes classes={target.classes} /> : null}
      {target.notes.map((note) => (
        <p key={note.message} className={styles.note}>
          {messageText(note)}
        </p>
      ))}
    </div>
  )
}

/** Each class with its rows, as bars. */
function Classes({ classes }: { classes: PredictionTarget['classes'] }) {
  const rows = classes.reduce((sum, each) => sum + each.rows, 0)
  return (
    <ul className={styles.classes}>
      {classes.map((each) => (
        <li key={each.name} className={styles.class}>
          <span className={styles.name} title={each.name}>
            {each.name}
          </span>
          <span className={styles.track} aria-hidden>
            <span className={styles.bar} style={{ width: `${(100 * each.rows) / Math.max(rows, 1)}%` }} />
          </span>
          <span className={styles.count}>
            {formatCount(each.rows)} · {formatNumber((100 * each.rows) / Math.max(rows, 1), 2)} %
          </span>
        </li>
      ))}
    </ul>
  )
}

/** A value in quotation marks, so that blanks at its ends are seen. */
function quoted(value: string): string {
  return `“${value}”`
}
