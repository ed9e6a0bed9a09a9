import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { ColumnUse } from '@/contracts'
import '@/lib/i18n'
import { ColumnUses } from './ColumnUses'

afterEach(cleanup)

const USES: ColumnUse[] = [
  {
    column: 'message',
    options: [
      { use: 'words', message: 'Its words.', message_id: '', message_params: {} },
      { use: 'left_out', message: 'Not used.', message_id: '', message_params: {} },
    ],
  },
  {
    column: 'same',
    options: [{ use: 'left_out', message: 'Always the same.', message_id: '', message_params: {} }],
  },
]

function show(decided = {}) {
  const onDecide = vi.fn()
  render(
    <MantineProvider>
      <ColumnUses uses={USES} decided={decided} onDecide={onDecide} />
    </MantineProvider>,
  )
  return onDecide
}

test('a column has the sentence of its default and a button for what else may be done', () => {
  const onDecide = show()
  expect(screen.getByText('Its words.')).toBeTruthy()
  expect(screen.getAllByRole('button')).toHaveLength(1)
  fireEvent.click(screen.getByRole('button', { name: 'Leave out: message' }))
  expect(onDecide).toHaveBeenCalledWith('message', 'left_out')
})

test('what was decided is said, and can be taken back', () => {
  const onDecide = show({ message: 'left_out' })
  expect(screen.getByText('Not used.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Use its words: message' }))
  expect(onDecide).toHaveBeenCalledWith('message', 'words')
})
