import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { i18next, setLanguage } from '@/lib/i18n'
import { PasswordField } from './PasswordField'

it('names the button that shows the password in the language of the page', async () => {
  await setLanguage('zh')
  render(
    <MantineProvider>
      <PasswordField label="密码" />
    </MantineProvider>,
  )
  expect(screen.getByRole('button', { hidden: true }).getAttribute('aria-label')).toBe('显示密码')
  await i18next.changeLanguage('en')
})
