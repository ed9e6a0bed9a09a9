import type { Cell, Column } from '@/contracts'

/** What stands in the try-it form: text as typed, `null` where a value is said to be missing. */
export type TryValues = Readonly<Record<string, string | null>>

/** The form filled with a row. */
export function valuesOf(inputs: readonly Column[], example: Readonly<Record<string, unknown>>): TryValues {
  return Object.fromEntries(
    inputs.map(({ name }) => {
      const value = example[name]
      return [name, value === null || value === undefined ? null : String(value)]
    }),
  )
}

function cellOf(column: Column, text: string | null): Cell {
  if (text === null || text === '') return null
  if (column.type === 'boolean') {
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    return text
  }
  if (column.type !== 'number' && column.type !== 'integer') return text
  // What is not a number is sent as it is: the endpoint says what is wrong with it.
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

/** The row that the form describes, as the endpoint takes it. */
export function rowOf(inputs: readonly Column[], values: TryValues): Record<string, Cell> {
  return Object.fromEntries(
    inputs.map((column) => [column.name, cellOf(column, values[column.name] ?? null)]),
  )
}

const STEPS = 200

/** How far one step of a slider goes: whole for whole numbers, else a round part of the range. */
export function stepOf({ type, minimum, maximum }: Column): number {
  const range = (maximum ?? 0) - (minimum ?? 0)
  if (range <= 0) return 1
  const step = 10 ** Math.floor(Math.log10(range / STEPS))
  return type === 'integer' ? Math.max(1, step) : step
}
