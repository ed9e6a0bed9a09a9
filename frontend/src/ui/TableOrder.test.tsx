import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { Table } from './Table'
import { useListState } from './useListState'

function List() {
  const state = useListState()
  return (
    <>
      <Table label="Graphs" state={state} headers={[{ text: 'Name', order: 'name' }, 'Result']}>
        <tr>
          <td>a</td>
          <td>b</td>
        </tr>
      </Table>
      <output>{state.order}</output>
    </>
  )
}

it('orders by a column one way, the other way, and then as the list was', async () => {
  render(
    <MantineProvider>
      <List />
    </MantineProvider>,
  )
  const head = screen.getByRole('columnheader', { name: 'Name' })
  const press = () => userEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(head.getAttribute('aria-sort')).toBe('none')
  await press()
  expect([screen.getByRole('status').textContent, head.getAttribute('aria-sort')]).toEqual([
    'name',
    'ascending',
  ])
  await press()
  expect([screen.getByRole('status').textContent, head.getAttribute('aria-sort')]).toEqual([
    '-name',
    'descending',
  ])
  await press()
  expect([screen.getByRole('status').textContent, head.getAttribute('aria-sort')]).toEqual(['', 'none'])
  expect(screen.queryByRole('button', { name: 'Result' })).toBeNull()
})
