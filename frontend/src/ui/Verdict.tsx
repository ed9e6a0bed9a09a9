import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconDice5,
  IconEyeExclamation,
  IconRosetteDiscountCheck,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Verdict } from '@/contracts'
import { formatNumber } from '@/lib/format'
import { type Message, messageText } from '@/lib/messages'
import { metricName } from '@/lib/metrics'
import styles from './Verdict.module.css'

/** Icon and colour of a state; its word stands in the catalogue under `verdict.<state>`. */
const STATES: Record<Verdict['state'], { icon: Icon; colour: string }> = {
  excellent: { icon: IconRosetteDiscountCheck, colour: 'var(--status-done)' },
  useful: { icon: IconCircleCheck, colour: 'var(--status-cached)' },
  unproven: { icon: IconEyeExclamation, colour: 'var(--status-warning)' },
  weak: { icon: IconAlertTriangle, colour: 'var(--status-warning)' },
  guessing: { icon: IconDice5, colour: 'var(--status-failed)' },
  too_good: { icon: IconEyeExclamation, colour: 'var(--status-queued)' },
}

/** The two numbers behind a verdict. */
function useNumbers({ measure, score, baseline }: Verdict): string {
  const { t } = useTranslation()
  const numbers = {
    measure: metricName(measure),
    score: formatNumber(score),
    baseline: formatNumber(baseline),
  }
  return t('verdict.numbers', numbers)
}

/** A verdict as icon, word and colour, where there is little room; the sentence on hover. `isSign`: without the word. */
export function VerdictBadge({ verdict, isSign = false }: { verdict: Verdict; isSign?: boolean }) {
  const { t } = useTranslation()
  const numbers = useNumbers(verdict)
  const { icon: Icon, colour } = STATES[verdict.state]
  return (
    <span
      className={styles.badge}
      style={{ color: colour }}
      title={`${messageText(verdict)}\n${numbers}`}
      data-verdict={verdict.state}
    >
      <Icon size={14} stroke={2} aria-hidden />
      {isSign ? null : <span>{t(`verdict.${verdict.state}`)}</span>}
    </span>
  )
}

/** A result in a list: what it is worth, then its words; a dash where nothing is known. */
export function JudgedResult({ verdict, text }: { verdict: Verdict | null | undefined; text: string }) {
  return (
    <>
      {verdict ? <VerdictBadge verdict={verdict} /> : null}{' '}
      {text || !verdict ? <span title={text}>{text || '–'}</span> : null}
    </>
  )
}

/** A verdict in its sentence, which begins with its word, and what limits it. */
export function VerdictLine({ verdict }: { verdict: Verdict | null | undefined }) {
  return verdict ? <Line verdict={verdict} /> : null
}

function Line({ verdict }: { verdict: Verdict }) {
  const numbers = useNumbers(verdict)
  const { icon: Icon, colour } = STATES[verdict.state]
  return (
    <div className={styles.line} style={{ color: colour }} data-verdict={verdict.state} data-testid="verdict">
      <Icon size={18} stroke={2} aria-hidden className={styles.icon} />
      <div className={styles.words}>
        <p className={styles.sentence} title={numbers}>
          {messageText(verdict)}
        </p>
        <DecisionLine decision={verdict.decision} />
        <Reasons reasons={verdict.caveats} />
      </div>
    </div>
  )
}

/** Which of two classes is the positive one, how common it is, and from which probability on it is answered. */
function DecisionLine({ decision }: { decision: Verdict['decision'] }) {
  const { t } = useTranslation()
  if (!decision) return null
  return (
    <p className={styles.decision} data-testid="decision">
      {t('verdict.decision', {
        name: decision.positive,
        share: formatNumber(100 * decision.share, 2),
        threshold: formatNumber(decision.threshold, 2),
      })}
    </p>
  )
}

/** Sentences with a code each, as a list. */
export function Reasons({ reasons }: { reasons: readonly (Message & { code: string })[] }) {
  if (reasons.length === 0) return null
  return (
    <ul className={styles.caveats}>
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.message}`}>{messageText(reason)}</li>
      ))}
    </ul>
  )
}
