import { isRecord } from '@/lib/messages'

/** A Plotly figure as data, and what is made of it: a themed layout and a table of its numbers. */
export interface FigureSpec {
  readonly data: readonly Trace[]
  readonly layout?: Readonly<Record<string, unknown>>
}

export interface Trace {
  readonly type?: string
  readonly name?: string
  readonly x?: readonly unknown[]
  readonly y?: readonly unknown[]
  readonly z?: readonly (readonly unknown[])[]
  readonly [key: string]: unknown
}

export interface Colours {
  readonly ink: string
  readonly inkSoft: string
  readonly line: string
  readonly surface: string
}

/** Okabe–Ito, in an order in which neighbours are far apart. */
export const COLOURWAY = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b58900']
const COLOURWAY_DARK = ['#4aa3df', '#f0b440', '#2fc59b', '#e29cc4', '#8ccff5', '#f08a45', '#f0e442']

/** The face of the page, for text that Plotly draws itself. */
const FONT = '"Inter Variable", system-ui, sans-serif'

/** The layout in the colours of the page; what the figure says itself stays. */
export function themed(spec: FigureSpec, colours: Colours, isDark: boolean): Record<string, unknown> {
  const given = spec.layout ?? {}
  const layout: Record<string, unknown> = {
    autosize: true,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    colorway: isDark ? COLOURWAY_DARK : COLOURWAY,
    font: { family: FONT, size: 12, color: colours.ink },
    hoverlabel: { font: { family: FONT } },
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 },
    modebar: { bgcolor: 'rgba(0,0,0,0)', color: colours.inkSoft, activecolor: colours.ink },
    ...given,
    margin: roomAbove(given['margin'], hasLegend(spec)),
    title: undefined,
  }
  for (const [name, axis] of Object.entries(layout)) {
    if (/^[xy]axis\d*$/.test(name)) layout[name] = themedAxis(axis, colours)
  }
  layout['xaxis'] ??= themedAxis({}, colours)
  layout['yaxis'] ??= themedAxis({}, colours)
  return layout
}

/** Pixels above the plot that its buttons take, and its legend below them. */
const BUTTONS = 36
const LEGEND = 24

function roomAbove(given: unknown, isNamed: boolean): Record<string, unknown> {
  const margin = isRecord(given) ? given : { l: 48, r: 16, b: 40 }
  return { ...margin, t: Math.max(BUTTONS + (isNamed ? LEGEND : 0), Number(margin['t'] ?? 0)) }
}

/** Whether the figure has a legend: where it says nothing of it, Plotly draws one for several traces. */
function hasLegend({ data, layout }: FigureSpec): boolean {
  const told = layout?.['showlegend']
  return typeof told === 'boolean' ? told : data.length > 1
}

const HEAT_LIGHT = [
  [0, '#f3f7fb'],
  [1, '#1f5fa8'],
]
const HEAT_DARK = [
  [0, '#1c2630'],
  [1, '#6ba6e8'],
]

/** Plotly draws its own "Blues" darkest where the value is least, and nearly white where it is most. */
const REPLACED_SCALES = new Set<unknown>([undefined, 'Blues'])

/** Traces with a quiet scale of one colour, stronger where there is more, where the figure names no other. */
export function themedData(spec: FigureSpec, isDark: boolean): readonly Trace[] {
  return spec.data.map((trace) =>
    trace.type === 'heatmap' && REPLACED_SCALES.has(trace['colorscale'])
      ? { xgap: 2, ygap: 2, ...trace, colorscale: isDark ? HEAT_DARK : HEAT_LIGHT }
      : coloured(trace, isDark),
  )
}

/** Colour number `index` of those that are far apart, in the theme of the page. */
export function colourAt(index: number, isDark: boolean): string {
  const colours = isDark ? COLOURWAY_DARK : COLOURWAY
  return colours[index % colours.length] ?? ''
}

/** A trace that says by number which colour it has, so that what it stands for has it in every figure. */
function coloured({ colour, ...trace }: Trace, isDark: boolean): Trace {
  if (typeof colour !== 'number') return trace
  const line = isRecord(trace['line']) ? trace['line'] : {}
  const marker = isRecord(trace['marker']) ? trace['marker'] : {}
  const color = colourAt(colour, isDark)
  return { ...trace, line: { ...line, color }, marker: { ...marker, color } }
}

function themedAxis(axis: unknown, colours: Colours): Record<string, unknown> {
  const given = typeof axis === 'object' && axis !== null ? (axis as Record<string, unknown>) : {}
  return {
    gridcolor: colours.line,
    zerolinecolor: colours.line,
    linecolor: colours.line,
    tickcolor: colours.line,
    automargin: true,
    ...given,
    title: titled(given['title'], colours),
  }
}

function titled(title: unknown, colours: Colours): Record<string, unknown> {
  const text =
    typeof title === 'object' && title !== null ? title : { text: typeof title === 'string' ? title : '' }
  return { standoff: 8, font: { size: 12, color: colours.inkSoft }, ...text }
}

export interface FigureTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | boolean | null)[])[]
}

/**
 * Every number of the figure in rows: what a screen reader reads and a spreadsheet takes. Columns are headed by the
 * titles of the axes, or by the given words where an axis has none.
 */
export function tableOf(spec: FigureSpec, words: TableWords): FigureTable {
  const grid = spec.data.find((trace) => Array.isArray(trace.z))
  if (grid) return gridTable(grid)
  const isTime = axisOf(spec, 'xaxis')['type'] === 'date'
  const x = axisTitle(spec, 'xaxis') || (isTime ? words.time : words.x)
  const y = axisTitle(spec, 'yaxis')
  return seriesTable(spec.data, [words.series, x, y && y !== x ? y : words.y])
}

/** Heads of columns: of the one that names the trace, and of those whose axis has no title. */
export interface TableWords {
  readonly series: string
  readonly x: string
  readonly y: string
  readonly time: string
}

function axisOf(spec: FigureSpec, axis: string): Readonly<Record<string, unknown>> {
  const given = spec.layout?.[axis]
  return isRecord(given) ? given : {}
}

function axisTitle(spec: FigureSpec, axis: string): string {
  const { title } = axisOf(spec, axis)
  const text = typeof title === 'object' && title !== null && 'text' in title ? title.text : title
  return typeof text === 'string' ? text : ''
}

function gridTable(trace: Trace): FigureTable {
  const heads = listOf(trace.x ?? (trace.z?.[0] ?? []).map((_, index) => index))
  const sides = listOf(trace.y ?? [])
  const rows = (trace.z ?? []).map((row, index) => [cell(sides[index]), ...listOf(row).map(cell)])
  return { columns: ['', ...heads.map(String)], rows }
}

function seriesTable(data: readonly Trace[], [series, x, y]: readonly [string, string, string]): FigureTable {
  const named = data.length > 1
  const rows = data.flatMap((trace) => {
    const xs = listOf(trace.x)
    const ys = listOf(trace.y)
    const count = Math.max(xs.length, ys.length)
    return Array.from({ length: count }, (_, index) => [
      ...(named ? [trace.name ?? ''] : []),
      cell(xs[index]),
      cell(ys[index]),
    ])
  })
  return { columns: [...(named ? [series] : []), x, y], rows }
}

/** Lists come as arrays or, from newer Plotly versions, as typed arrays in base 64. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>)
  if (typeof value === 'object' && value !== null && 'bdata' in value) return decoded(value as EncodedList)
  return []
}

interface EncodedList {
  readonly dtype?: string
  readonly bdata: unknown
}

const READERS: Readonly<Record<string, (buffer: ArrayBuffer) => ArrayLike<number>>> = {
  f8: (buffer) => new Float64Array(buffer),
  f4: (buffer) => new Float32Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  i2: (buffer) => new Int16Array(buffer),
  i1: (buffer) => new Int8Array(buffer),
  u4: (buffer) => new Uint32Array(buffer),
  u2: (buffer) => new Uint16Array(buffer),
  u1: (buffer) => new Uint8Array(buffer),
}

function decoded({ dtype = 'f8', bdata }: EncodedList): readonly number[] {
  const read = READERS[dtype]
  if (!read || typeof bdata !== 'string') return []
  const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0))
  return Array.from(read(bytes.buffer))
}

function cell(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return value === null || value === undefined ? null : String(value)
}

/** The table as CSV; text that holds a mark of the format is put in quotes. */
export function csvOf({ columns, rows }: FigureTable): string {
  const quote = (value: string | number | boolean | null) => {
    const text = value === null ? '' : String(value)
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [columns, ...rows].map((row) => row.map(quote).join(',')).join('\n')
}
