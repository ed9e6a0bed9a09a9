import { useQueries } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, unwrap } from '@/api/client'
import { runKeys } from '@/api/runs'
import type { Cell, Column } from '@/contracts'
import { isCode } from '@/lib/columns'
import { formatCount } from '@/lib/format'
import { DataGrid, ErrorNotice } from '@/ui'
import classes from './charts.module.css'

interface OutputTableProps {
  readonly run: string
  readonly node: string
  readonly port: string
  readonly height?: number | string
  readonly onError?: (error: unknown) => void
}

interface TablePage {
  readonly total: number
  readonly schema: { readonly columns: readonly Column[] }
  readonly rows: readonly (readonly Cell[])[]
}

const PAGE = 100
const NUMERIC: ReadonlySet<string> = new Set(['number', 'integer'])

/** The rows that came out of a node: fetched a page at a time, only around what stands in view. */
export function OutputTable({ run, node, port, height = 420, onError }: OutputTableProps) {
  const { t } = useTranslation('editor')
  const [pages, setPages] = useState<readonly number[]>([0])
  const queries = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...runKeys.output(run, node, port), page * PAGE, PAGE],
      queryFn: async () =>
        (await unwrap(
          client.GET('/api/v1/runs/{id}/nodes/{node}/outputs/{port}/', {
            params: { path: { id: run, node, port }, query: { offset: page * PAGE, limit: PAGE } },
          }),
        )) as unknown as TablePage,
      staleTime: Number.POSITIVE_INFINITY,
    })),
  })
  const onView = useCallback((start: number, end: number) => {
    const first = Math.floor(start / PAGE)
    const last = Math.floor(Math.max(start, end - 1) / PAGE)
    const wanted = new Set([0, ...Array.from({ length: last - first + 1 }, (_, index) => first + index)])
    setPages((old) => (sameMembers(old, wanted) ? old : [...wanted]))
  }, [])
  const loaded = new Map(pages.map((page, index) => [page, queries[index]?.data]))
  const first = loaded.get(0)
  const schema = first?.schema
  const columns = useMemo(
    () =>
      schema?.columns.map((column) => ({
        name: column.name,
        note: t(`common:type.${column.type}`),
        isNumeric: NUMERIC.has(column.type),
        isMarked: column.role === 'target',
        isCode: isCode(column),
      })) ?? [],
    [schema, t],
  )
  const error = queries.find((query) => query.error)?.error
  useEffect(() => {
    if (error) onError?.(error)
  }, [error, onError])
  if (error) return <ErrorNotice error={error} />
  if (!first) return <p className={classes.note}>{t('chart.loading')}</p>
  return (
    <>
      <p className={classes.note}>
        {t('canvas.wireSize', { rows: formatCount(first.total), columns: first.schema.columns.length })}
      </p>
      <DataGrid
        label={t('inspector.data')}
        columns={columns}
        total={first.total}
        rowAt={(index) => loaded.get(Math.floor(index / PAGE))?.rows[index % PAGE]}
        onView={onView}
        height={height}
      />
    </>
  )
}

function sameMembers(list: readonly number[], set: ReadonlySet<number>): boolean {
  return list.length === set.size && list.every((item) => set.has(item))
}
