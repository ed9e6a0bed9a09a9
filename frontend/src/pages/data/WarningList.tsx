import { Button } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCheck,
  IconFileImport,
  IconInfoCircle,
  IconPlus,
  IconTool,
} from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProfileWarning, ReadOptions } from '@/contracts'
import { formatCount } from '@/lib/format'
import { messageText } from '@/lib/messages'
import styles from './WarningList.module.css'
import { grouped, type Severity } from './warningGroups'

/** A warning with the column it is about; none means the whole table. */
export type PlacedWarning = ProfileWarning & { column: string | null }

export type WarningListProps = {
  warnings: readonly PlacedWarning[]
  chosen: readonly PlacedWarning[]
  onToggle: (warning: PlacedWarning) => void
  /** Reads the file again with some options; nothing where that may not be. */
  onRead?: ((options: Partial<ReadOptions>) => void) | undefined
}

const ICONS = { doubtful: IconAlertTriangle, fixable: IconTool, reading: IconInfoCircle }

/** Warnings about the data, the gravest first, each with the node that fixes it. */
export function WarningList({ warnings, chosen, onToggle, onRead }: WarningListProps) {
  const { t } = useTranslation()
  return (
    <section
      className={styles.scroller}
      aria-label={t('dataset.warnings', { count: warnings.length })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
    >
      {grouped(warnings).map((group) => (
        <Group key={group.severity} {...group} chosen={chosen} onToggle={onToggle} onRead={onRead} />
      ))}
    </section>
  )
}

/** A table of thousands of columns has as many warnings: these are drawn at first. */
const SHOWN_FIRST = 100

type GroupProps = { severity: Severity } & WarningListProps

function Group({ severity, warnings, chosen, onToggle, onRead }: GroupProps) {
  const { t } = useTranslation()
  const [isAll, setAll] = useState(false)
  const shown = isAll ? warnings : warnings.slice(0, SHOWN_FIRST)
  return (
    <div>
      <h3 className={styles.heading} id={`warnings-${severity}`}>
        {t(`dataset.warningGroup.${severity}`)}
        <span className={styles.count}>{formatCount(warnings.length)}</span>
      </h3>
      <ul className={styles.list} aria-labelledby={`warnings-${severity}`}>
        {shown.map((warning) => (
          <Line
            key={`${warning.column}:${warning.code}`}
            warning={warning}
            severity={severity}
            isChosen={chosen.includes(warning)}
            onToggle={onToggle}
            onRead={onRead}
          />
        ))}
      </ul>
      {shown.length < warnings.length ? (
        <div className={styles.more}>
          <Button size="compact-sm" variant="default" onClick={() => setAll(true)}>
            {t('dataset.moreWarnings', { count: warnings.length })}
          </Button>
        </div>
      ) : null}
    </div>
  )
}

interface LineProps {
  readonly warning: PlacedWarning
  readonly severity: Severity
  readonly isChosen: boolean
  readonly onToggle: (warning: PlacedWarning) => void
  readonly onRead: WarningListProps['onRead']
}

function Line({ warning, severity, isChosen, onToggle, onRead }: LineProps) {
  const { t } = useTranslation()
  const Icon = ICONS[severity]
  return (
    <li className={styles.warning}>
      <Icon size={16} aria-hidden className={styles.icon} data-severity={severity} />
      <span className={styles.message}>{messageText(warning)}</span>
      {onRead
        ? warning.choices.map((choice) => (
            <Button
              key={choice.message}
              size="compact-sm"
              variant="default"
              leftSection={<IconFileImport size={14} />}
              onClick={() => onRead(choice.options as Partial<ReadOptions>)}
            >
              {messageText(choice)}
            </Button>
          ))
        : null}
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
}
