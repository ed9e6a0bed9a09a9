import { useTranslation } from 'react-i18next'
import styles from './StatusBadge.module.css'
import { STATUS, type Status } from './status'

export type StatusBadgeProps = {
  status: Status
  /** Said instead of the usual word, such as "running 40 %". */
  label?: string
}

/** A state as icon, word and colour, so that none of the three is needed alone. */
export function StatusBadge({ status, label }: StatusBadgeProps) {
  const { t } = useTranslation()
  const { icon: Icon, colour } = STATUS[status]
  return (
    <span className={styles.badge} style={{ color: colour }} data-status={status}>
      <Icon size={14} stroke={2} aria-hidden className={status === 'running' ? styles.turning : undefined} />
      <span>{label ?? t(`status.${status}`)}</span>
    </span>
  )
}
