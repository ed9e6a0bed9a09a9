// @vitest-environment jsdom
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeKeys } from '@/api/nodes'
import { queryClient } from '@/api/queryClient'
import { i18next } from './i18n'
import { messageText, storedText } from './messages'

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

it('a measure in a result line has the name that a card gives it', async () => {
  await i18next.changeLanguage('en')
  const score = (name: string, label: string, number: string) => ({
    message: `${label} ${number}`,
    message_id: 'result.score',
    message_params: { metric: { term: `metric.${name}`, text: label }, number },
  })
  const params = { first: score('accuracy', 'accuracy', '0.267'), second: score('auc', 'AUC', '0.497') }
  expect(storedText('accuracy 0.267 · AUC 0.497', { id: 'result.two_scores', params })).toBe(
    'Accuracy 0.267 · ROC AUC 0.497',
  )
  await i18next.changeLanguage('zh')
})
