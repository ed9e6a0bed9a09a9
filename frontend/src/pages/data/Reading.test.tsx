import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import type { Dataset } from '@/contracts'
import { RefusedLines } from './Reading'

const state = vi.hoisted(() => ({
  encodings: [] as { encoding: string; lines: string[] }[],
  read: vi.fn(),
}))

vi.mock('@/api/session', () => ({ useMayEdit: () => true }))
vi.mock('@/api/datasets', () => ({
  useFilePreview: () => ({ data: { lines: ['name;a'], encodings: state.encodings } }),
  useReadAgain: () => ({ mutate: state.read, isPending: false, error: null }),
}))

const dataset = {
  id: '1',
  options: { encoding: '', delimiter: ';' },
  error: {
    message: 'It may be …',
    message_id: 'file.encodings',
    message_params: { encodings: { choices: ['windows-1252 (“Bodø”)', 'windows-1250 (“Bodř”)'] } },
    line: null,
  },
} as unknown as Dataset

afterEach(() => {
  state.encodings = []
  state.read.mockReset()
})

function shown(one: Dataset) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>
        <RefusedLines dataset={one} />
      </MantineProvider>
    </QueryClientProvider>,
  )
}

it('shows lines in each encoding and reads the file in the chosen one', () => {
  state.encodings = [
    { encoding: 'windows-1252', lines: ['name;a', 'Bodø;1'] },
    { encoding: 'windows-1250', lines: ['name;a', 'Bodř;1'] },
  ]
  shown(dataset)
  const [, second] = within(screen.getByRole('list')).getAllByRole('listitem')
  expect(second?.textContent).toContain('Bodř;1')
  fireEvent.click(screen.getByRole('button', { name: 'Read as windows-1252' }))
  expect(state.read).toHaveBeenCalledWith({ encoding: 'windows-1252', delimiter: ';' })
})

it('shows the word of each where the first part of the file does not tell them apart', () => {
  shown(dataset)
  expect(screen.getByText('(“Bodř”)')).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'Read as windows-1250' }))
  expect(state.read).toHaveBeenCalledWith({ encoding: 'windows-1250', delimiter: ';' })
})

it('shows the lines alone of a file that is refused for another reason', () => {
  shown({ ...dataset, error: { ...dataset.error, message_id: 'file.ragged' } } as Dataset)
  expect(screen.getByText(/name;a/)).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
})
