import type { Column } from '@/contracts'

/** Names of columns whose whole numbers name things: an identifier, a code, a year. */
const NAMES_THINGS =
  /(^|[_\s.-])(id|ids|uuid|row|code|zip|zipcode|postcode|plz|phone|year|nr|no|key)$|[a-z](Id|ID|Code|Year)$|编号|编码|代码|邮编|电话|年份|学号|工号/

/** Whether the numbers of a column name things, so that no separators of thousands stand in them. */
export function isCode(column: Pick<Column, 'name' | 'type' | 'role'>): boolean {
  if (column.role === 'id') return true
  return (
    column.type === 'integer' && (NAMES_THINGS.test(column.name) || /^(ID|YEAR|ZIP|CODE)$/i.test(column.name))
  )
}
