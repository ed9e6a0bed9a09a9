import { expect, it } from 'vitest'
import type { Column } from '@/contracts'
import { isCode } from './columns'

const column = (name: string, type = 'integer', role = 'feature') =>
  ({ name, type, role }) as unknown as Column

it.each([
  'customer_id',
  'id',
  'ID',
  'orderId',
  'zip',
  'postcode',
  'Year',
  'orderNo',
  'account',
  'invoice_number',
  '客户编号',
  '订单号码',
])('%s names things', (name) => {
  expect(isCode(column(name))).toBe(true)
})

it.each(['income', 'paid', 'grid', 'rooms', 'nodes'])('%s counts', (name) => {
  expect(isCode(column(name))).toBe(false)
})

it('goes by the role first, and by the name of whole numbers only', () => {
  expect(isCode(column('a', 'integer', 'id'))).toBe(true)
  expect(isCode(column('customer_id', 'number'))).toBe(false)
})

it('goes by what was found in the rows', () => {
  const found = { ...column('laufnummer'), warnings: [{ code: 'id_like' }] }
  expect(isCode(found as never)).toBe(true)
  expect(isCode({ ...found, warnings: [{ code: 'missing' }] } as never)).toBe(false)
})
