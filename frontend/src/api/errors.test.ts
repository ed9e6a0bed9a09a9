// @vitest-environment jsdom

import { afterEach, describe, expect, it } from 'vitest'
import { setLanguage } from '@/lib/i18n'
import { errorFrom } from './errors'

afterEach(() => setLanguage('en'))

describe('a refusal of the server', () => {
  const wrong = {
    code: 'wrong_password',
    message: 'The user name or the password is not right.',
    message_id: 'login.wrong_password',
    message_params: {},
    problems: [],
  }

  it('is said in its own words', () => {
    expect(errorFrom(401, wrong).message).toBe(wrong.message)
  })

  it('is said in Chinese on a Chinese page, with its values and its problems', async () => {
    await setLanguage('zh')
    expect(errorFrom(401, wrong).message).toBe('用户名或密码不正确。')
    const named = {
      code: 'name_taken',
      message: 'The user name “ada” is taken. Choose another one.',
      message_id: 'user.name_taken',
      message_params: { name: 'ada' },
    }
    const refused = errorFrom(409, { ...named, problems: [{ at: 'username', ...named }] })
    expect(refused.message).toBe('用户名“ada”已被使用。请选择其他用户名。')
    expect(refused.problems).toEqual([{ at: 'username', message: refused.message }])
  })

  it('without an id is said by what its code means', async () => {
    await setLanguage('zh')
    expect(errorFrom(503, { code: 'busy', message: 'Come again.' }).message).toBe('端点繁忙，请稍后再试。')
    expect(errorFrom(502, '<html>').message).toBe('服务器返回了状态 502。')
  })
})
