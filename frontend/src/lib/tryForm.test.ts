import { describe, expect, it } from 'vitest'
import type { Column } from '@/contracts'
import { rowOf, stepOf, valuesOf } from './tryForm'

function column(name: string, type: Column['type']): Column {
  return { name, type, role: 'feature', categories: null, nullable: true, minimum: null, maximum: null }
}

const inputs = [column('area', 'number'), column('town', 'category'), column('is_new', 'boolean')]

describe('try-it form', () => {
  it('gives back the row it was filled with', () => {
    const row = { area: 120.5, town: 'Bern', is_new: true }
    expect(rowOf(inputs, valuesOf(inputs, row))).toEqual(row)
  })

  it('sends what was emptied as missing', () => {
    expect(rowOf(inputs, { area: '', town: null, is_new: 'false' })).toEqual({
      area: null,
      town: null,
      is_new: false,
    })
  })

  it('sends what is not a number as it was typed, for the endpoint to judge', () => {
    expect(rowOf(inputs, { area: '12,5k', town: 'Bern', is_new: 'true' })['area']).toBe('12,5k')
  })

  it('keeps numbers that are categories as text', () => {
    expect(rowOf([column('zip', 'category')], { zip: '01234' })).toEqual({ zip: '01234' })
  })
})

describe('stepOf', () => {
  const column = { name: 'a', role: 'feature', categories: null, nullable: false } as const
  it('is whole for whole numbers and a round part of the range else', () => {
    expect(stepOf({ ...column, type: 'integer', minimum: 1, maximum: 9 })).toBe(1)
    expect(stepOf({ ...column, type: 'number', minimum: 0, maximum: 30 })).toBeCloseTo(0.1)
    expect(stepOf({ ...column, type: 'number', minimum: 5, maximum: 5 })).toBe(1)
  })
})
