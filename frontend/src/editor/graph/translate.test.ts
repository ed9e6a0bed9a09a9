import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FieldSchema, fieldsOf, labelOf } from '@/form/schema'
import words from '@/locales/zh/catalogue.json'
import { searchNodes } from './catalogue'
import { FIXTURE_CATALOGUE } from './fixtureCatalogue'
import { type CatalogueWords, translated } from './translate'
import type { NodeDescription } from './types'

const chinese = words as unknown as CatalogueWords
const file = join(process.cwd(), '../tasks/catalogue.json')
const { nodes } = JSON.parse(readFileSync(file, 'utf8')) as { nodes: Record<string, NodeDescription> }
/** Names that are the same in every language: RMSE, Huber. */
const HAN = /\p{Script=Han}/u

/** Everything a person reads about the fields of a node and that has no Chinese words. */
function missing(node: NodeDescription, properties: Record<string, FieldSchema>, prefix = ''): string[] {
  const own = chinese.nodes[node.id]?.params ?? {}
  return fieldsOf({ properties }).flatMap(({ name, schema }) => {
    const path = prefix + name
    const said = own[path]
    const values = schema.enum ?? schema.items?.enum ?? []
    const unit = schema['x-lepton']?.unit
    return [
      ...(said && HAN.test(said.title) && HAN.test(said.description) ? [] : [`${node.id}: ${path}`]),
      ...values
        .filter((value) => !(String(value) in { ...chinese.values, ...said?.values }))
        .map((value) => `${node.id}: ${path} = ${value}`),
      ...(unit && !(unit in chinese.units) ? [`${node.id}: unit ${unit}`] : []),
      ...missing(node, (schema.items?.properties ?? {}) as Record<string, FieldSchema>, `${path}.`),
    ]
  })
}

describe('the catalogue in Chinese', () => {
  it.each(Object.values(nodes).map((node) => [node.id, node] as const))('says all of %s', (id, node) => {
    const own = chinese.nodes[id]
    expect(
      [own?.title, own?.summary, ...(node.detail ? [own?.detail] : [])].every((text) => HAN.test(text ?? '')),
    ).toBe(true)
    for (const port of [...node.inputs, ...node.outputs]) expect(chinese.ports[port.name]).toMatch(HAN)
    expect(missing(node, (node.params['properties'] ?? {}) as Record<string, FieldSchema>)).toEqual([])
  })

  it('says nothing of nodes and parameters that are gone', () => {
    expect(Object.keys(chinese.nodes).filter((id) => !(id in nodes))).toEqual([])
    const gone = Object.entries(chinese.nodes).flatMap(([id, { params }]) => {
      const known = (nodes[id]?.params['properties'] ?? {}) as Record<string, FieldSchema>
      return Object.keys(params).filter((path) => !((path.split('.')[0] ?? '') in known))
    })
    expect(gone).toEqual([])
  })
})

describe('a translated node', () => {
  const impute = translated(nodes['clean.impute'] as NodeDescription, chinese)

  it('has its words, its ports and its values in the other language and means the same', () => {
    expect(impute.title).toBe('缺失值填充')
    expect(impute.inputs[0]).toMatchObject({ name: 'table', label: '数据表' })
    const numbers = fieldsOf(impute.params, impute.defaults).find(({ name }) => name === 'numbers')
    expect(numbers?.schema.title).toBe('数值列')
    expect(numbers && labelOf('median', numbers.schema)).toBe('中位数')
    expect(numbers?.schema.enum).toEqual(['median', 'mean', 'mode', 'constant'])
  })

  it('is found by its name in both languages', () => {
    expect(searchNodes([impute], '缺失').map(({ id }) => id)).toEqual(['clean.impute'])
    expect(searchNodes([impute], 'fill missing').map(({ id }) => id)).toEqual(['clean.impute'])
  })

  it('stays as it is when nothing is known of it', () => {
    const foreign = { ...(FIXTURE_CATALOGUE.nodes[0] as NodeDescription), id: 'mine.own', title: 'My own' }
    expect(translated(foreign, chinese).title).toBe('My own')
  })
})
