import { MantineProvider } from '@mantine/core'
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import type { ReadOptions } from '@/contracts'
import { withOptions } from './readingChoices'
import { type PlacedWarning, WarningList } from './WarningList'

const options = { types: { day: 'date' }, date_orders: {}, missing: ['x'], kept: [], encoding: 'big5' }
const warning = {
  code: 'almost_numeric',
  column: 'price',
  message: '1 of 41 values are not of type number.',
  message_id: '',
  message_params: {},
  fix: null,
  choices: [
    {
      message: 'Read as number',
      message_id: '',
      message_params: {},
      options: { types: { price: 'number' } },
    },
  ],
} as unknown as PlacedWarning

function shown(onRead?: (chosen: Partial<ReadOptions>) => void) {
  render(
    <MantineProvider>
      <WarningList warnings={[warning]} chosen={[]} onToggle={vi.fn()} onRead={onRead} />
    </MantineProvider>,
  )
}

it('reads the file with one click as a warning offers', () => {
  const read = vi.fn()
  shown(read)
  fireEvent.click(screen.getByRole('button', { name: 'Read as number' }))
  expect(read).toHaveBeenCalledWith({ types: { price: 'number' } })
})

it('offers nothing to those who may not change the data set', () => {
  shown()
  expect(screen.queryByRole('button')).toBeNull()
})

it('keeps what was chosen before', () => {
  const more = withOptions(options as unknown as ReadOptions, {
    types: { price: 'number' },
    missing: ['x', '-999'],
  })
  expect(more.types).toEqual({ day: 'date', price: 'number' })
  expect(more.missing).toEqual(['x', '-999'])
  expect(more.encoding).toBe('big5')
})
