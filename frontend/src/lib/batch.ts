import type Papa from 'papaparse'

/** A file as rows of text, its heading apart. */
export type TextTable = { names: string[]; rows: string[][] }

/** Rows that are sent at once: few enough for a request, many enough for speed. */
export const ROWS_AT_ONCE = 2000

export function readTable(text: string, papa: typeof Papa): TextTable {
  const { data } = papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: true })
  const [names = [], ...rows] = data
  return { names, rows }
}

export function writeTable({ names, rows }: TextTable, papa: typeof Papa): string {
  return papa.unparse([names, ...rows])
}

/** The table in parts of at most `size` rows, each with where it begins. */
export function partsOf({ names, rows }: TextTable, size = ROWS_AT_ONCE): (TextTable & { start: number })[] {
  const count = Math.ceil(rows.length / size)
  return Array.from({ length: count }, (_, part) => ({
    names,
    rows: rows.slice(part * size, (part + 1) * size),
    start: part * size,
  }))
}

/** Two tables of as many rows side by side; a name that both have gets a number. */
export function joinColumns(left: TextTable, right: TextTable): TextTable {
  const taken = new Set(left.names)
  const names = right.names.map((name) => {
    let free = name
    for (let number = 2; taken.has(free); number += 1) free = `${name} ${number}`
    taken.add(free)
    return free
  })
  return {
    names: [...left.names, ...names],
    rows: left.rows.map((row, index) => [...row, ...(right.rows[index] ?? [])]),
  }
}

/** A table to look at: the answers first, so that a narrow window shows them, and what is empty as nothing. */
export function withAnswersFirst(
  { names, rows }: TextTable,
  inputs: number,
): { names: string[]; rows: (string | null)[][]; isNumeric: boolean[]; answers: number } {
  const turn = <Value>(list: readonly Value[]) => [...list.slice(inputs), ...list.slice(0, inputs)]
  const shown = rows.map((row) => turn(row).map((cell) => (cell === '' ? null : cell)))
  const isNumeric = names.map((_, index) => {
    const first = shown.find((row) => row[index] != null)?.[index]
    return first != null && Number.isFinite(Number(first))
  })
  return { names: turn(names), rows: shown, isNumeric, answers: names.length - inputs }
}
