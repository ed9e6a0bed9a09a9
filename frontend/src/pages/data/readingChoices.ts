import type { FilePreview, ReadOptions } from '@/contracts'

type Found = FilePreview['found']

/** Choices among a few values; the first leaves it to the file. */
export const CHOICES = {
  encoding: [
    '',
    'utf-8',
    'utf-16',
    'utf-16-le',
    'utf-16-be',
    'windows-1252',
    'latin-1',
    'iso-8859-15',
    'mac-roman',
    'cp850',
    'cp852',
    'windows-1250',
    'iso-8859-2',
    'windows-1251',
    'koi8-r',
    'cp866',
    'windows-1253',
    'windows-1254',
    'windows-1255',
    'windows-1256',
    'windows-1257',
    'gb18030',
    'big5',
    'shift_jis',
    'euc-jp',
    'euc-kr',
  ],
  quote: ['auto', '"', "'", 'none'],
  escape: ['auto', '\\', 'none'],
  decimal: ['', '.', ','],
  thousands: ['', 'none', ',', '.', ' ', "'"],
  header: ['auto', 'yes', 'two_rows', 'no'],
  bad_rows: ['auto', 'set_aside', 'pad', 'refuse'],
  totals: ['leave_out', 'keep'],
  footnotes: ['leave_out', 'keep'],
} as const satisfies { [Name in keyof ReadOptions]?: readonly ReadOptions[Name][] }

export type Choice = keyof typeof CHOICES

export const DELIMITERS = ['', ',', ';', '\t', '|', ' ', '~', '^', '§', '¦'] as const

const NAMES: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
  '.': 'point',
  ' ': 'blank',
  "'": 'apostrophe',
  '"': 'doubleQuote',
  '\\': 'backslash',
  yes: 'headerYes',
  two_rows: 'headerTwoRows',
  no: 'headerNo',
  none: 'none',
  set_aside: 'setAside',
  pad: 'pad',
  refuse: 'refuse',
  leave_out: 'leaveOut',
  keep: 'keep',
}

/** The words for a value, under `readAgain`; nothing for one that is called by itself. */
export function nameOf(value: string): string | undefined {
  return NAMES[value]
}

/** What the file says about a choice that is left to it. */
export function foundValue(found: Found | undefined, name: string): string | undefined {
  return found?.[name as keyof NonNullable<Found>] || undefined
}

/** Options with some more: what is chosen for columns and words that mean “no value” add up. */
export function withOptions(options: ReadOptions, more: Partial<ReadOptions>): ReadOptions {
  return {
    ...options,
    ...more,
    types: { ...options.types, ...more.types },
    date_orders: { ...options.date_orders, ...more.date_orders },
    missing: [...new Set([...options.missing, ...(more.missing ?? [])])],
    kept: [...new Set([...options.kept, ...(more.kept ?? [])])],
  }
}

/** Options without what was chosen for columns that the file does not have. */
export function forColumns(options: ReadOptions, preview: FilePreview | undefined): ReadOptions {
  if (!preview || preview.error || preview.column_count > preview.columns.length) return options
  const names = new Set(preview.columns.map(({ name }) => name))
  const kept = <T>(chosen: Record<string, T>) =>
    Object.fromEntries(Object.entries(chosen).filter(([name]) => names.has(name)))
  return { ...options, types: kept(options.types), date_orders: kept(options.date_orders) }
}
