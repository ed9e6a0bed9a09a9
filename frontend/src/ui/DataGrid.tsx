import { useElementSize, useMergedRef } from '@mantine/hooks'
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { formatCell, formatComputed, formatTableDate } from '@/lib/format'
import styles from './DataGrid.module.css'
import { columnEdges, columnWindow, filledWidths, naturalWidth, rowWindow, widened } from './gridWindow'

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
/** So many of the first cells are looked at for the widths of columns before any is drawn. */
const FIRST_CELLS = 20_000
const FIRST_ROWS = 200

type Kind = Pick<DataColumn, 'isCode' | 'isNumeric'>

/** A computed number in a few digits; null for any other value. */
function shortOf(value: unknown, { isCode, isNumeric }: Kind): string | null {
  return !isCode && (typeof value === 'number' || isNumeric) ? formatComputed(value) : null
}

function textOf(value: unknown, kind: Kind): string {
  const short = shortOf(value, kind)
  if (short !== null) return short
  if (typeof value === 'number' && !kind.isCode) return formatCell(value)
  return formatTableDate(String(value ?? ''))
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
  return textOf(value, kind)
}

/** What a pointer that rests on a cell reads: the whole value where the cell shows less of it. */
function wholeOf(value: unknown, kind: Kind, width: number): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const isCut = naturalWidth('', '', [textOf(value, kind)]) > width
  return isCut || shortOf(value, kind) !== null ? String(value) : undefined
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first rows set the widths; rows that come later widen them
  const first = useMemo(() => {
    const count = Math.min(total, FIRST_ROWS, Math.max(30, FIRST_CELLS / Math.max(1, columns.length)))
    const sample = Array.from({ length: count }, (_, index) => rowAt(index))
    return columns.map((column, index) => widthOf(column, sample, index))
  }, [columns, hasRows])
  const [grown, setGrown] = useState<{ of: readonly number[]; widths: readonly number[] }>({
    of: [],
    widths: [],
  })
  const natural = grown.of === first ? grown.widths : first

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

  // A value further down may be longer than those of the first rows: its column grows where it comes into view.
  useLayoutEffect(() => {
    const seen = Array.from({ length: rows.end - rows.start }, (_, offset) => rowAt(rows.start + offset))
    const needed = columns.slice(from, to).map((column, offset) => widthOf(column, seen, from + offset))
    const drawn = columnEdges(filledWidths(natural, width - numberWidth))
    const wider = widened(natural, needed, from, (index) => (drawn[index + 1] ?? 0) - (drawn[index] ?? 0))
    if (wider !== natural) setGrown({ of: first, widths: wider })
  })

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
                    title={values ? wholeOf(values[index], column, place(index).width) : undefined}
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
