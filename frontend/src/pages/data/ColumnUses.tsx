import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ColumnUse, Use } from '@/contracts'
import { messageText } from '@/lib/messages'
import styles from './ColumnUses.module.css'

export type Decided = Readonly<Record<string, Use>>

export type ColumnUsesProps = {
  uses: readonly ColumnUse[]
  /** Column to use, where it is another than the first one offered. */
  decided: Decided
  onDecide: (column: string, use: Use) => void
}

/** The columns that are left out, changed or hardly of use, each with a sentence and what else may be done with it. */
export function ColumnUses({ uses, decided, onDecide }: ColumnUsesProps) {
  const { t } = useTranslation()
  if (uses.length === 0) return null
  return (
    <section className={styles.section} aria-label={t('predict.uses')}>
      <h3 className={styles.title}>{t('predict.uses')}</h3>
      <ul className={styles.list}>
        {uses.map(({ column, options }) => {
          const current = options.find(({ use }) => use === decided[column]) ?? options[0]
          return (
            <li key={column} className={styles.use} data-use={current?.use}>
              <span className={styles.sentence}>{current ? messageText(current) : column}</span>
              {options
                .filter((option) => option !== current)
                .map(({ use }) => (
                  <Button
                    key={use}
                    size="compact-sm"
                    variant="default"
                    aria-label={t('predict.useOf', { action: t(`predict.use.${use}`), column })}
                    onClick={() => onDecide(column, use)}
                  >
                    {t(`predict.use.${use}`)}
                  </Button>
                ))}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
