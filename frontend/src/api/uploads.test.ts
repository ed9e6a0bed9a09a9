// @vitest-environment jsdom

import { afterEach, expect, it, vi } from 'vitest'
import { uploadFile } from './uploads'

afterEach(() => vi.restoreAllMocks())

it('refuses a file above the limit before anything is sent, naming both sizes', async () => {
  const asked = vi.spyOn(globalThis, 'fetch')
  const file = new File([new Uint8Array(3 * 1024 ** 2)], 'large.csv')
  await expect(uploadFile(file, { limitBytes: 1024 ** 2 })).rejects.toThrow(
    '“large.csv” has 3.0 MB; this server takes files up to 1.0 MB.',
  )
  expect(asked).not.toHaveBeenCalled()
})
