import { useElementSize, useMergedRef } from '@mantine/hooks'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { formatCell, formatComputed } from '@/lib/format'
import styles from './DataGrid.module.css'
import { columnEdges, columnWindow, filledWidths, naturalWidth, rowWindow } from './gridWindow'

export type DataColumn = {
  name: string
  /** A short word under the name, such as the type. */
  note?: ReactNode
  isNumeric?: boolean
  isMarked?: boolean
  /** Its numbers name things, so that no separators stand in them. */
  isCode?: boolean
}

export type DataGridProps = {
  label: string
  columns: readonly DataColumn[]
  total: number
  /** The values of a row, or nothing while they are on their way. */
  rowAt: (index: number) => readonly unknown[] | undefined
  /** Told which rows stand in view, so that they can be fetched. */
  onView?: (start: number, end: number) => void
  height?: number | string
  /** Number of the first row as people count; 1 unless told. */
  firstNumber?: number
}

const ROW_HEIGHT = 28
const HEADER_HEIGHT = 44

/** A date whose time says nothing, and a moment as machines write it. */
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?$/
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d*[1-9])?)(?:\.?0+)?$/

type Kind = Pick<DataColumn, 'isCode' | 'isNumeric'>

/** A computed number in a few digits; null for any other value. */
function shortOf(value: unknown, { isCode, isNumeric }: Kind): string | null {
  return !isCode && (typeof value === 'number' || isNumeric) ? formatComputed(value) : null
}

function textOf(value: unknown, kind: Kind): string {
  const short = shortOf(value, kind)
  if (short !== null) return short
  if (typeof value === 'number' && !kind.isCode) return formatCell(value)
  return String(value ?? '')
    .replace(MIDNIGHT, '$1')
    .replace(MOMENT, '$1 $2')
}

function widthOf(
  column: DataColumn,
  sample: readonly (readonly unknown[] | undefined)[],
  index: number,
): number {
  const texts = sample.map((row) => textOf(row?.[index], column))
  const note = typeof column.note === 'string' ? column.note : ''
  return naturalWidth(column.name, note, texts)
}

function CellText({ value, kind }: { value: unknown; kind: Kind }) {
  if (value === null || value === undefined) return <span className={styles.missing}>–</span>
  if (value === '') return <span className={styles.missing}>""</span>
  const short = shortOf(value, kind)
  return short === null ? textOf(value, kind) : <span title={String(value)}>{short}</span>
}

/** A table of any length and width: only what stands in view is drawn. */
export function DataGrid({
  label,
  columns,
  total,
  rowAt,
  onView,
  height = 400,
  firstNumber = 1,
}: DataGridProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const { ref: sizeRef, width, height: boxHeight } = useElementSize<HTMLDivElement>()
  const ref = useMergedRef(scroller, sizeRef)
  const [scroll, setScroll] = useState({ top: 0, left: 0 })

  const hasRows = rowAt(0) !== undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: widths are set once by the first rows and then kept
  const natural = useMemo(() => {
    const sample = Array.from({ length: Math.min(total, 30) }, (_, index) => rowAt(index))
    return columns.map((column, index) => widthOf(column, sample, index))
  }, [columns, hasRows])

  const viewHeight = Math.max(ROW_HEIGHT, boxHeight - HEADER_HEIGHT)
  const rows = rowWindow({ scrollTop: scroll.top, viewHeight, total, rowHeight: ROW_HEIGHT })
  const numberWidth = 24 + 8 * String(total + firstNumber).length
  const edges = useMemo(
    () => columnEdges(filledWidths(natural, width - numberWidth)),
    [natural, width, numberWidth],
  )
  const [from, to] = columnWindow(edges, scroll.left, Math.max(320, width))
  const shown = columns.slice(from, to).map((column, offset) => ({ column, index: from + offset }))

  useEffect(() => onView?.(rows.start, rows.end), [onView, rows.start, rows.end])

  const place = (index: number) => ({
    left: numberWidth + (edges[index] ?? 0),
    width: (edges[index + 1] ?? 0) - (edges[index] ?? 0),
  })
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows out of view are not in the page, which a table can not say
    <div
      ref={ref}
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      className={styles.scroller}
      style={{
        height:
          typeof height === 'number' ? Math.min(height, HEADER_HEIGHT + total * ROW_HEIGHT + 14) : height,
      }}
      onScroll={(event) =>
        setScroll({ top: event.currentTarget.scrollTop, left: event.currentTarget.scrollLeft })
      }
    >
      <div
        className={styles.canvas}
        style={{ height: HEADER_HEIGHT + rows.height, width: numberWidth + (edges.at(-1) ?? 0) }}
      >
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid as a whole takes the focus */}
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        <div role="row" aria-rowindex={1} className={styles.header}>
          {shown.map(({ column, index }) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the grid as a whole takes the focus
            // biome-ignore lint/a11y/useSemanticElements: see above
            <div
              key={index}
              role="columnheader"
              aria-colindex={index + 1}
              className={styles.headerCell}
              data-numeric={column.isNumeric || undefined}
              data-marked={column.isMarked || undefined}
              style={place(index)}
              title={column.name}
            >
              <span className={styles.name}>{column.name}</span>
              {column.note ? <span className={styles.note}>{column.note}</span> : null}
            </div>
          ))}
        </div>
        <div className={styles.body} style={{ transform: `translateY(${rows.top}px)` }}>
          {Array.from({ length: rows.end - rows.start }, (_, offset) => {
            const number = rows.start + offset
            const values = rowAt(number)
            return (
              // biome-ignore lint/a11y/useFocusableInteractive: the grid as a whole takes the focus
              // biome-ignore lint/a11y/useSemanticElements: see above
              <div key={number} role="row" aria-rowindex={number + 2} className={styles.row}>
                <span className={styles.number} style={{ width: numberWidth }}>
                  {number + firstNumber}
                </span>
                {shown.map(({ column, index }) => (
                  // biome-ignore lint/a11y/useFocusableInteractive: the grid as a whole takes the focus
                  // biome-ignore lint/a11y/useSemanticElements: see above
                  <div
                    key={index}
                    role="gridcell"
                    aria-colindex={index + 1}
                    className={styles.cell}
                    data-numeric={column.isNumeric || undefined}
                    data-marked={column.isMarked || undefined}
                    style={place(index)}
                  >
                    {values ? (
                      <CellText value={values[index]} kind={column} />
                    ) : (
                      <span className={styles.coming} />
                    )}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}
