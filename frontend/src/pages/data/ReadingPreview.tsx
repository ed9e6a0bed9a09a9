import { NativeSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Column, FilePreview, ReadOptions } from '@/contracts'
import { isCode } from '@/lib/columns'
import { formatCell, formatTableDate } from '@/lib/format'
import { messageText } from '@/lib/messages'
import styles from './ReadAgainDialog.module.css'
import { FirstLines, ReadFailure } from './Reading'

const TYPES: readonly Column['type'][] = ['number', 'integer', 'boolean', 'category', 'text', 'date']

type CellProps = { value: unknown; text: string | undefined; isCode: boolean }

function Cell({ value, text, isCode }: CellProps) {
  if (value === null || value === undefined)
    return (
      <td className={styles.missing} title={text}>
        {text || '–'}
      </td>
    )
  const isNumber = typeof value === 'number'
  const shown = isNumber && !isCode ? formatCell(value) : formatTableDate(String(value))
  return (
    <td data-numeric={isNumber || undefined} title={text}>
      {shown}
    </td>
  )
}

type PreviewProps = {
  preview: FilePreview
  options: ReadOptions
  onChange: (change: Partial<ReadOptions>) => void
}

function ColumnHead({
  column,
  options,
  onChange,
}: Omit<PreviewProps, 'preview'> & { column: FilePreview['columns'][number] }) {
  const { t } = useTranslation()
  const { name } = column
  const chosen = options.types[name] ?? ''
  const order = options.date_orders[name] ?? ''
  const setType = (value: string) => {
    const { [name]: _, ...others } = options.types
    onChange({ types: value ? { ...others, [name]: value as Column['type'] } : others })
  }
  const setOrder = (value: string) => {
    const { [name]: _, ...others } = options.date_orders
    onChange({ date_orders: value ? { ...others, [name]: value as 'day' | 'month' | 'year' } : others })
  }
  const named = (value: string) => t(`readAgain.${value}First`)
  return (
    <th scope="col">
      <span className={styles.name}>{name}</span>
      <NativeSelect
        size="xs"
        aria-label={t('readAgain.typeOf', { column: name })}
        value={chosen}
        data={[
          { value: '', label: chosen ? t('readAgain.found') : t(`type.${column.type}`) },
          ...TYPES.map((type) => ({ value: type, label: t('readAgain.as', { type: t(`type.${type}`) }) })),
        ]}
        onChange={(event) => setType(event.currentTarget.value)}
      />
      {column.type === 'date' ? (
        <NativeSelect
          size="xs"
          aria-label={t('readAgain.orderOf', { column: name })}
          value={order}
          data={[
            {
              value: '',
              label: column.date_order && !order ? named(column.date_order) : t('readAgain.found'),
            },
            { value: 'day', label: t('readAgain.as', { type: named('day') }) },
            { value: 'month', label: t('readAgain.as', { type: named('month') }) },
            { value: 'year', label: t('readAgain.as', { type: named('year') }) },
          ]}
          onChange={(event) => setOrder(event.currentTarget.value)}
        />
      ) : null}
    </th>
  )
}

/** The first rows as they would be read, what was noticed, or why the file is refused. */
export function ReadingPreview({ preview, options, onChange }: PreviewProps) {
  const { t } = useTranslation()
  if (preview.error)
    return (
      <>
        <ReadFailure error={preview.error} />
        <FirstLines lines={preview.lines} />
      </>
    )
  const codes = preview.columns.map(({ name, type }) => isCode({ name, type, role: 'feature' }))
  return (
    <>
      <section className={styles.scroller} aria-label={t('readAgain.preview')} tabIndex={-1}>
        <table className={styles.table}>
          <thead>
            <tr>
              {preview.columns.map((column) => (
                <ColumnHead key={column.name} column={column} options={options} onChange={onChange} />
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
              <tr key={at}>
                {row.map((value, column) => (
                  <Cell
                    key={preview.columns[column]?.name ?? column}
                    value={value}
                    text={preview.texts[at]?.[column]}
                    isCode={codes[column] ?? false}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {preview.column_count > preview.columns.length ? (
        <p className={styles.text}>
          {t('readAgain.firstColumns', { shown: preview.columns.length, count: preview.column_count })}
        </p>
      ) : null}
      {preview.notes.length > 0 ? (
        <ul className={styles.notes} aria-label={t('readAgain.notes')}>
          {preview.notes.map((note) => (
            <li key={`${note.code}:${note.column}`}>{messageText(note)}</li>
          ))}
        </ul>
      ) : null}
      {preview.is_part ? <p className={styles.text}>{t('readAgain.isPart')}</p> : null}
    </>
  )
}
