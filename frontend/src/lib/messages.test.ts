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

it('a word of a node is said in the words that came with the catalogue', () => {
  queryClient.setQueryData(nodeKeys.catalogue, {
    words: { zh: { messages: { 'split.part': '{{part}} {{count, number}} 行', 'part.train': '训练' } } },
  })
  const params = { count: 4, part: { term: 'part.train', text: 'train' } }
  expect(messageText({ message: '4 train', message_id: 'split.part', message_params: params })).toBe(
    '训练 4 行',
  )
})
