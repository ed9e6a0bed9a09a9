import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconPlus } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { ProfileWarning } from '@/contracts'
import { messageText } from '@/lib/messages'
import styles from './WarningList.module.css'

/** A warning with the column it is about; none means the whole table. */
export type PlacedWarning = ProfileWarning & { column: string | null }

export type WarningListProps = {
  warnings: readonly PlacedWarning[]
  chosen: readonly PlacedWarning[]
  onToggle: (warning: PlacedWarning) => void
}

/** Warnings about the data, each with the node that fixes it. */
export function WarningList({ warnings, chosen, onToggle }: WarningListProps) {
  const { t } = useTranslation()
  return (
    <ul className={styles.list}>
      {warnings.map((warning) => {
        const isChosen = chosen.includes(warning)
        return (
          <li key={`${warning.column}:${warning.code}`} className={styles.warning}>
            <IconAlertTriangle size={16} aria-hidden className={styles.icon} />
            <span className={styles.message}>{messageText(warning)}</span>
            {warning.fix ? (
              <Button
                size="compact-sm"
                variant={isChosen ? 'light' : 'default'}
                leftSection={isChosen ? <IconCheck size={14} /> : <IconPlus size={14} />}
                aria-pressed={isChosen}
                onClick={() => onToggle(warning)}
              >
                {isChosen ? t('dataset.fixAdded') : t('dataset.addFix')}
              </Button>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}
