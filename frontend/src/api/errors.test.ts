// @vitest-environment jsdom

import { afterEach, describe, expect, it } from 'vitest'
import { setLanguage } from '@/lib/i18n'
import { errorFrom } from './errors'

afterEach(() => setLanguage('en'))

describe('a refusal of the server', () => {
  const wrong = {
    code: 'wrong_password',
    message: 'The user name or the password is not right.',
    problems: [],
  }

  it('is said in its own words', () => {
    expect(errorFrom(401, wrong).message).toBe(wrong.message)
  })

  it('is said in Chinese on a Chinese page when its code always means the same', async () => {
    await setLanguage('zh')
    expect(errorFrom(401, wrong).message).toBe('用户名或密码不正确。')
    const named = { code: 'name_taken', message: 'The user name “ada” is taken. Choose another one.' }
    expect(errorFrom(409, named).message).toBe(named.message)
  })
})
