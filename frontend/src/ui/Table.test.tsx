import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Table } from './Table'

it('names the column of actions for whoever hears the table', () => {
  render(
    <MantineProvider>
      <Table label="Graphs" headers={['Name', '']}>
        {null}
      </Table>
    </MantineProvider>,
  )
  expect(screen.getAllByRole('columnheader').map((head) => head.textContent)).toEqual(['Name', 'Actions'])
})
