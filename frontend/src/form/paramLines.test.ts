import { describe, expect, it } from 'vitest'
import type { NodeDescription } from '@/editor/graph/types'
import { paramLines } from './paramLines'

const DESCRIPTION = {
  params: {
    properties: {
      dataset: { type: 'string', title: 'Data set', 'x-lepton': { widget: 'dataset' } },
      loss: { type: 'string', title: 'Loss', enum: ['squared', 'least_absolute'] },
      width: { type: 'integer', title: 'Width', 'x-lepton': { unit: 'units' } },
      rate: { type: 'number', title: 'Rate' },
      depth: { type: 'integer', title: 'Depth', 'x-lepton': { showWhen: { loss: ['squared'] } } },
    },
  },
  defaults: { dataset: '', loss: 'squared', width: 8, rate: 0.1, depth: 3 },
} as unknown as NodeDescription

const lines = (params: Parameters<typeof paramLines>[0], description?: NodeDescription) =>
  paramLines(params, description, { a1: 'houses' }).map(({ name, value, isSet }) => [name, value, isSet])

describe('paramLines', () => {
  it('says all parameters in words and marks those that were set', () => {
    expect(lines({ dataset: 'a1', width: 16 }, DESCRIPTION)).toEqual([
      ['Data set', 'houses', true],
      ['Loss', 'Squared', false],
      ['Width', '16 units', true],
      ['Rate', '0.1', false],
      ['Depth', '3', false],
    ])
  })

  it('leaves out what does not apply, and keeps what the catalogue does not know', () => {
    expect(lines({ loss: 'least_absolute', former: [1, 'x'] }, DESCRIPTION)).toEqual([
      ['Data set', '–', false],
      ['Loss', 'Least absolute', true],
      ['Width', '8 units', false],
      ['Rate', '0.1', false],
      ['former', '1, x', true],
    ])
    const renamed = { ...DESCRIPTION, renamed: { '2': { units: 'size' }, '3': { size: 'width' } } }
    expect(lines({ units: 16 }, renamed)).toContainEqual(['Width', '16 units', true])
    expect(lines({ rows: [{ a: 1 }], kept: true })).toEqual([
      ['rows', '{"a":1}', true],
      ['kept', 'Yes', true],
    ])
  })

  it('is short where it is brief and whole where it is read', () => {
    const [line] = paramLines({ rate: 0.0646642271741456 }, undefined)
    expect([line?.brief, line?.value]).toEqual(['0.06466', '0.0646642271741456'])
  })
})
