import { Button, Modal, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useColumnUses } from '@/api/columnUses'
import { NOTHING_CHOSEN, type PredictionChoice, useTarget } from '@/api/graphs'
import type { Column, Dataset, Profile } from '@/contracts'
import { formatCount } from '@/lib/format'
import { ErrorNotice } from '@/ui'
import { TYPE_ICONS } from './ColumnCard'
import { ColumnUses, type Decided } from './ColumnUses'
import styles from './PredictDialog.module.css'
import { TargetPanel } from './TargetPanel'

const SEARCHABLE_FROM = 12

export type PredictDialogProps = {
  dataset: Dataset
  /** Says what predicting each column would be; absent while it is loaded. */
  profile: Profile | undefined
  isBusy: boolean
  error: unknown
  /** How many fixes were chosen on the page; they go into the graph too. */
  fixCount: number
  onChoose: (target: string, uses: Decided, choice: PredictionChoice) => void
  onClose: () => void
}

/** Asks which column shall be predicted, and shows how it will be; the answer draws a graph. */
export function PredictDialog({
  dataset,
  profile,
  isBusy,
  error,
  fixCount,
  onChoose,
  onClose,
}: PredictDialogProps) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const [target, setTarget] = useState<string | null>(null)
  const [decided, setDecided] = useState<Decided>({})
  const [choice, setChoice] = useState<PredictionChoice>(NOTHING_CHOSEN)
  const described = useTarget(dataset.id, target, choice)
  const uses = useColumnUses(dataset.id, dataset.version, target)
  const useOf = new Map(
    uses.data?.columns.map(({ column, options }) => [column, decided[column] ?? options[0]?.use]),
  )
  const isNoneLeft =
    uses.data !== undefined &&
    dataset.columns.every(({ name }) => name === target || useOf.get(name) === 'left_out')
  const choose = () => {
    if (!target) return
    const offered = new Set(uses.data?.columns.map(({ column }) => column))
    const own = Object.entries(decided).filter(([column]) => offered.has(column))
    onChoose(target, Object.fromEntries(own), choice)
  }
  const tasks = new Map(profile?.columns.map(({ name, task }) => [name, task]))
  const taskOf = (column: Column) =>
    column.name === target && described.data ? described.data.task : tasks.get(column.name)
  const found = dataset.columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase()))
  return (
    <Modal opened onClose={onClose} title={t('predict.title')} size={560}>
      <p className={styles.text}>{t('predict.text')}</p>
      {dataset.columns.length >= SEARCHABLE_FROM ? (
        <TextInput
          leftSection={<IconSearch size={16} />}
          placeholder={t('predict.search')}
          aria-label={t('predict.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          mb="sm"
        />
      ) : null}
      <div className={styles.list} role="radiogroup" aria-label={t('predict.title')}>
        {found.map((column) => {
          const TypeIcon = TYPE_ICONS[column.type]
          const task = taskOf(column)
          return (
            <label key={column.name} className={styles.option}>
              <input
                type="radio"
                name="target"
                value={column.name}
                checked={target === column.name}
                onChange={() => {
                  setTarget(column.name)
                  setChoice(NOTHING_CHOSEN)
                }}
              />
              <TypeIcon size={16} stroke={1.6} aria-hidden />
              <span className={styles.name}>{column.name}</span>
              <span className={styles.note}>
                {task
                  ? t(`task.${task}`)
                  : tasks.size > 0
                    ? t('predict.unlikely', { type: t(`type.${column.type}`) })
                    : ''}
                {column.categories ? ` · ${formatCount(column.categories.length)}` : ''}
              </span>
            </label>
          )
        })}
      </div>
      {target && described.data ? (
        <TargetPanel target={described.data} choice={choice} onChange={setChoice} />
      ) : null}
      {described.error ? <ErrorNotice error={described.error} /> : null}
      {uses.error ? <ErrorNotice error={uses.error} onRetry={() => void uses.refetch()} /> : null}
      {uses.data ? (
        <ColumnUses
          uses={uses.data.columns}
          decided={decided}
          onDecide={(column, use) => setDecided((before) => ({ ...before, [column]: use }))}
        />
      ) : null}
      {uses.data && !uses.data.is_searched ? <p className={styles.fixes}>{t('predict.unsearched')}</p> : null}
      {isNoneLeft ? (
        <p role="alert" className={styles.none}>
          {t('predict.noneLeft', { name: target })}
        </p>
      ) : null}
      {fixCount > 0 ? (
        <p className={styles.fixes}>{t('predict.fixes', { count: fixCount, text: formatCount(fixCount) })}</p>
      ) : null}
      {error ? <ErrorNotice error={error} /> : null}
      <div className={styles.actions}>
        <Button variant="default" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button
          disabled={!target || isNoneLeft || uses.isFetching || described.isError}
          loading={isBusy}
          onClick={choose}
        >
          {target ? t('predict.action', { name: target }) : t('predict.choose')}
        </Button>
      </div>
    </Modal>
  )
}
