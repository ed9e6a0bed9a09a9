import { useQueries } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsQuery, useProfile } from '@/api/datasets'
import type { Dataset } from '@/contracts'
import { isCode } from '@/lib/columns'
import type { Preview } from '@/lib/preview'
import { type DataColumn, DataGrid, ErrorNotice, LoadingRows } from '@/ui'

const PAGE = 200
const NUMERIC = new Set(['number', 'integer', 'boolean'])

function pagesOf(start: number, end: number): number[] {
  const first = Math.floor(start / PAGE)
  const last = Math.floor(Math.max(start, end - 1) / PAGE)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** The whole table, fetched a page at a time as it is scrolled. */
function ServerRows({ dataset, preview }: { dataset: Dataset; preview: Preview | null }) {
  const { t } = useTranslation()
  const [pages, setPages] = useState<number[]>([0])
  const answers = useQueries({ queries: pages.map((page) => rowsQuery(dataset, page * PAGE, PAGE)) })
  const { data: profile } = useProfile(dataset)
  const columns = useMemo<DataColumn[]>(() => {
    const cards = new Map(profile?.columns.map((card) => [card.name, card]))
    return dataset.columns.map((column) => ({
      name: column.name,
      note: t(`type.${column.type}`),
      isNumeric: NUMERIC.has(column.type),
      isCode: isCode({ ...column, warnings: cards.get(column.name)?.warnings ?? [] }),
    }))
  }, [dataset.columns, profile, t])
  const rowAt = (index: number) => {
    const answer = answers[pages.indexOf(Math.floor(index / PAGE))]?.data
    return answer?.rows[index - answer.offset] ?? preview?.rows[index]
  }
  const onView = useCallback((start: number, end: number) => {
    const wanted = pagesOf(start, end)
    setPages((before) => (before.join() === wanted.join() ? before : wanted))
  }, [])
  const failed = answers.find((answer) => answer.error)
  return (
    <>
      {failed ? <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      <DataGrid
        label={t('dataset.rowsOf', { name: dataset.name })}
        columns={columns}
        total={dataset.rows ?? 0}
        rowAt={rowAt}
        onView={onView}
      />
    </>
  )
}

/** First rows as the browser read them, until the server has its own. */
export function PreviewRows({ preview, name }: { preview: Preview; name: string }) {
  const { t } = useTranslation()
  const columns = useMemo(() => preview.columns.map((column) => ({ ...column, note: '…' })), [preview])
  return (
    <DataGrid
      label={t('dataset.rowsOf', { name })}
      columns={columns}
      total={preview.rows.length}
      rowAt={(index) => preview.rows[index]}
    />
  )
}

/** The rows of a data set in whatever state it is. */
export function RowsGrid({ dataset, preview }: { dataset: Dataset; preview: Preview | null }) {
  if (dataset.status === 'ready') return <ServerRows dataset={dataset} preview={preview} />
  if (preview) return <PreviewRows preview={preview} name={dataset.name} />
  return <LoadingRows count={10} height={28} />
}
