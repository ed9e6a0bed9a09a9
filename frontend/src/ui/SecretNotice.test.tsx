import { MantineProvider } from '@mantine/core'
import { render } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { SecretNotice } from './SecretNotice'

it('comes into view, also when another secret follows, since it is shown once', () => {
  const scrolled = vi.fn()
  Element.prototype.scrollIntoView = scrolled
  const notice = (secret: string) => (
    <MantineProvider>
      <SecretNotice secret={secret} onClose={() => undefined} />
    </MantineProvider>
  )
  const { rerender } = render(notice('lep_1'))
  expect(scrolled).toHaveBeenCalledTimes(1)
  rerender(notice('lep_1'))
  expect(scrolled).toHaveBeenCalledTimes(1)
  rerender(notice('lep_2'))
  expect(scrolled).toHaveBeenCalledTimes(2)
})
