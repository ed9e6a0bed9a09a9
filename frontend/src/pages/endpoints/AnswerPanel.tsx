import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Answer, Explanation, Release } from '@/contracts'
import { formatNumber, formatShare } from '@/lib/format'
import { messageText } from '@/lib/messages'
import styles from './AnswerPanel.module.css'

const SHOWN_CLASSES = 6

function Probabilities({ of }: { of: Readonly<Record<string, number>> }) {
  const sorted = Object.entries(of).sort(([, a], [, b]) => b - a)
  return (
    <ul className={styles.classes}>
      {sorted.slice(0, SHOWN_CLASSES).map(([name, share]) => (
        <li key={name} className={styles.class}>
          <span className={styles.className}>{name}</span>
          <span className={styles.track}>
            <span className={styles.fill} style={{ width: `${share * 100}%` }} />
          </span>
          <span className={styles.share}>{formatShare(share)}</span>
        </li>
      ))}
    </ul>
  )
}

/** Share of rows whose truth the interval holds. */
export const INTERVAL = 0.9
const SHOWN_COLUMNS = 8

function signed(value: number): string {
  return value < 0 ? `−${formatNumber(-value)}` : `+${formatNumber(value)}`
}

/** What each column adds to what the model gives on average: to the right for more, to the left for less. */
function Contributions({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  const sorted = Object.entries(explanation.contributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  const most = Math.max(Number.MIN_VALUE, ...sorted.map(([, value]) => Math.abs(value)))
  const rest = sorted.slice(SHOWN_COLUMNS)
  const others = rest.reduce((sum, [, value]) => sum + value, 0)
  const shown = sorted.slice(0, SHOWN_COLUMNS)
  if (rest.length > 0) shown.push([t('endpoint.otherColumns', { count: rest.length }), others])
  const scale = t(`endpoint.scale.${explanation.scale}`, { of: explanation.of })
  return (
    <>
      <h3 className={styles.why}>{t('endpoint.why')}</h3>
      <p className={styles.label}>{t('endpoint.whyText', { base: formatNumber(explanation.base), scale })}</p>
      <ul className={styles.classes}>
        {shown.map(([name, value]) => (
          <li key={name} className={styles.contribution} data-testid="contribution">
            <span className={styles.className} title={name}>
              {name}
            </span>
            <span className={styles.axis}>
              <span
                className={styles.bar}
                data-less={value < 0 || undefined}
                style={{ width: `${Math.min(50, (50 * Math.abs(value)) / most)}%` }}
              />
            </span>
            <span className={styles.share}>{signed(value)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** What the endpoint said to one row. */
export function AnswerPanel({ answer, release }: { answer: Answer; release: Release }) {
  const { t } = useTranslation()
  const [prediction] = answer.predictions
  const probabilities = answer.probabilities?.[0]
  const interval = answer.intervals?.[0]
  const explanation = answer.explanations?.[0]
  const shown = typeof prediction === 'number' ? formatNumber(prediction, 6) : String(prediction ?? '–')
  return (
    <div className={styles.answer} aria-live="polite">
      <div className={styles.label}>{t('endpoint.predicted', { target: release.model.target })}</div>
      <output className={styles.prediction} data-testid="prediction" data-value={String(prediction)}>
        {shown}
      </output>
      {interval ? (
        <p className={styles.label}>
          {t('endpoint.interval', {
            share: formatShare(INTERVAL),
            low: formatNumber(interval.low, 6),
            high: formatNumber(interval.high, 6),
          })}
        </p>
      ) : null}
      {probabilities ? <Probabilities of={probabilities} /> : null}
      {explanation ? <Contributions explanation={explanation} /> : null}
      {(answer.warning_messages ?? answer.warnings.map((message) => ({ message }))).map((warning) => (
        <p key={warning.message} className={styles.warning}>
          <IconAlertTriangle size={14} aria-hidden />
          {messageText(warning)}
        </p>
      ))}
    </div>
  )
}
