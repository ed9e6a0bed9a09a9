import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { EndAnnouncement } from './EndAnnouncement'

const shown = (isMoving: boolean, text: string) => (
  <MantineProvider>
    <EndAnnouncement isMoving={isMoving} text={text} />
  </MantineProvider>
)

it('says that what was at work has ended, and nothing of what had ended before', () => {
  const { rerender } = render(shown(false, 'Run 1: done'))
  expect(screen.getByRole('status').textContent).toBe('')
  rerender(shown(true, 'Run 2: running'))
  expect(screen.getByRole('status').textContent).toBe('')
  rerender(shown(false, 'Run 2: failed'))
  expect(screen.getByRole('status').textContent).toBe('Run 2: failed')
})
