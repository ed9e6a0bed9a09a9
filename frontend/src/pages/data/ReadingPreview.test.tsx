import { MantineProvider } from '@mantine/core'
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import type { FilePreview, ReadOptions } from '@/contracts'
import { ReadingPreview } from './ReadingPreview'
import { forColumns } from './readingChoices'

const options: ReadOptions = {
  encoding: '',
  delimiter: '',
  quote: 'auto',
  escape: 'auto',
  decimal: '',
  thousands: '',
  header: 'auto',
  skip_rows: 0,
  skip_rows_at_end: 0,
  types: {},
  date_orders: {},
  missing: [],
  kept: [],
  bad_rows: 'auto',
  totals: 'leave_out',
  footnotes: 'leave_out',
}

const preview: FilePreview = {
  columns: [
    { name: 'day', type: 'date', date_order: 'day' },
    { name: 'price', type: 'number', date_order: '' },
  ],
  column_count: 2,
  rows: [
    ['2025-04-03T00:00:00', 1234.5],
    [null, 2],
  ],
  texts: [
    ['3/4/2025', '1.234,50'],
    ['NA', '2'],
  ],
  notes: [
    {
      code: 'decimal_comma',
      column: '',
      message: 'Numbers were read with a decimal comma (12,5).',
      message_id: 'reading.decimal_comma',
      message_params: {},
    },
  ],
  found: {
    encoding: 'utf-8',
    delimiter: ';',
    quote: '"',
    escape: 'none',
    header: 'yes',
    decimal: ',',
    thousands: '.',
  },
  is_part: false,
  lines: ['day;price', '3/4/2025;1.234,50', 'NA;2'],
  error: null,
  encodings: [],
}

const refused: FilePreview = {
  ...preview,
  columns: [],
  rows: [],
  texts: [],
  notes: [],
  found: null,
  error: { message: 'Line 3 has one value.', message_id: '', message_params: { line: 3 }, line: 3 },
}

function show(shown: FilePreview) {
  const onChange = vi.fn()
  render(
    <MantineProvider env="test">
      <ReadingPreview preview={shown} options={options} onChange={onChange} />
    </MantineProvider>,
  )
  return onChange
}

it('shows the rows as read, with their text and what was noticed', () => {
  show(preview)
  expect(screen.getByTitle('1.234,50').textContent).toBe('1234.5')
  expect(screen.getByTitle('3/4/2025').textContent).toBe('2025-04-03')
  expect(screen.getByTitle('NA').textContent).toBe('NA')
  expect(screen.getByText(/decimal comma/)).toBeTruthy()
})

it('says why a file is refused and shows its first lines', () => {
  show(refused)
  expect(screen.getByText('Line 3 has one value.')).toBeTruthy()
  expect(screen.getByText(/3\/4\/2025;1.234,50/)).toBeTruthy()
})

it('lets the type and the order of dates of a column be chosen', () => {
  const onChange = show(preview)
  const choose = (label: string, value: string) =>
    fireEvent.change(screen.getByLabelText(label), { target: { value } })
  choose('Type of price', 'text')
  expect(onChange).toHaveBeenLastCalledWith({ types: { price: 'text' } })
  choose('Order of day, month and year in day', 'month')
  expect(onChange).toHaveBeenLastCalledWith({ date_orders: { day: 'month' } })
})

it('leaves out what was chosen for columns that the file does not have', () => {
  const chosen = { ...options, types: { price: 'text', cost: 'number' } as const }
  expect(forColumns(chosen, preview).types).toEqual({ price: 'text' })
  expect(forColumns(chosen, refused).types).toEqual(chosen.types)
})
