// @vitest-environment jsdom
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeKeys } from '@/api/nodes'
import { queryClient } from '@/api/queryClient'
import { i18next } from './i18n'
import { messageText } from './messages'

const message = { message: '“a” is taken.', message_id: 'ratios.name_taken', message_params: { name: 'a' } }

beforeAll(() => i18next.changeLanguage('zh'))
afterAll(async () => {
  queryClient.clear()
  await i18next.changeLanguage('en')
})

it('a sentence of a node is said in the words that came with the catalogue', () => {
  expect(messageText(message)).toBe('“a” is taken.')
  queryClient.setQueryData(nodeKeys.catalogue, {
    words: { zh: { messages: { 'ratios.name_taken': '已有名为“{{name}}”的列。' } } },
  })
  expect(messageText(message)).toBe('已有名为“a”的列。')
})
