import { MantineProvider, Modal } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { i18next } from '@/lib/i18n'
import { themeWith } from './theme'

it('names the button that closes a dialog, and keeps what dialogs have', async () => {
  render(
    <MantineProvider theme={themeWith(i18next.t)} env="test">
      <Modal opened onClose={() => undefined} title="New key">
        Who is it for?
      </Modal>
    </MantineProvider>,
  )
  expect((await screen.findByRole('button')).getAttribute('aria-label')).toBe('Close')
  expect(themeWith(i18next.t).components?.['Modal']?.defaultProps?.['centered']).toBe(true)
  const message = themeWith(i18next.t).components?.['Notification']?.defaultProps
  expect(message?.['closeButtonProps']).toEqual({ 'aria-label': 'Close' })
})
