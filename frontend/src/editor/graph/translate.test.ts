import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fieldsOf, labelOf } from '@/form/schema'
import { searchNodes } from './catalogue'
import { FIXTURE_CATALOGUE } from './fixtureCatalogue'
import { type CatalogueWords, translated } from './translate'
import type { NodeDescription } from './types'

const file = join(process.cwd(), '../tasks/catalogue.json')
const { nodes, words } = JSON.parse(readFileSync(file, 'utf8')) as {
  nodes: Record<string, NodeDescription>
  words: { zh: CatalogueWords }
}
const chinese = words.zh

describe('a translated node', () => {
  const impute = translated(nodes['clean.impute'] as NodeDescription, chinese)

  it('has its words, its ports and its values in the other language and means the same', () => {
    expect(impute.title).toBe('缺失值填充')
    expect(impute.inputs[0]).toMatchObject({ name: 'table', label: '数据表' })
    const numbers = fieldsOf(impute.params, impute.defaults).find(({ name }) => name === 'strategy')
    expect(numbers?.schema.title).toBe('数值列')
    expect(numbers && labelOf('median', numbers.schema)).toBe('中位数')
    expect(numbers?.schema.enum).toEqual(['median', 'mean', 'mode', 'constant'])
  })

  it('is found by its name in both languages', () => {
    expect(searchNodes([impute], '缺失').map(({ id }) => id)).toEqual(['clean.impute'])
    expect(searchNodes([impute], 'fill missing').map(({ id }) => id)).toEqual(['clean.impute'])
  })

  it('stays in English where a word is missing', () => {
    const partly = { ...chinese, nodes: { 'clean.impute': { keywords: [], params: {}, title: '填充' } } }
    const made = translated(nodes['clean.impute'] as NodeDescription, partly)
    expect([made.title, made.summary]).toEqual(['填充', nodes['clean.impute']?.summary])
  })

  it('stays as it is when nothing is known of it', () => {
    const foreign = { ...(FIXTURE_CATALOGUE.nodes[0] as NodeDescription), id: 'mine.own', title: 'My own' }
    expect(translated(foreign, chinese).title).toBe('My own')
  })
})
