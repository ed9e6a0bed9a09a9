import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import type { Dataset } from '@/contracts'
import { ReadAgainDialog } from './ReadAgainDialog'

vi.mock('@/api/datasets', () => ({
  useFilePreview: () => ({ data: undefined, error: null, isFetching: true }),
  useReadAgain: () => ({ mutate: vi.fn(), isPending: false, error: null }),
}))

function shown(column_count: number) {
  const options = { types: {}, date_orders: {}, missing: [], kept: [], delimiter: '' }
  const dataset = { id: '1', column_count, options } as unknown as Dataset
  render(
    <MantineProvider>
      <ReadAgainDialog dataset={dataset} onClose={vi.fn()} />
    </MantineProvider>,
  )
}

it('says what becomes of the current table where there is one', () => {
  shown(2)
  expect(screen.getByText(/The current table stays/)).toBeDefined()
  cleanup()
  shown(0)
  expect(screen.queryByText(/The current table stays/)).toBeNull()
  expect(screen.getByRole('button', { name: 'Read again' })).toBeDefined()
})
