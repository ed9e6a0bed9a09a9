import type { Column } from '@/contracts'

/** Names of columns whose whole numbers name things: an identifier, a code, a year. */
const NAMES_THINGS =
  /(^|[_\s.-])(id|ids|uuid|row|code|zip|zipcode|postcode|plz|phone|year|nr|no|key|number|account|index|sku|ean|gtin|upc|isbn|serial|ref|reference)$|[a-z](Id|ID|Code|Year|No|Nr|Key|Number)$|编号|编码|代码|邮编|电话|年份|学号|工号|账号|号码|单号|卡号|证号/

/** What is known of a column: its warnings, where it was looked at. */
type Known = Pick<Column, 'name' | 'type' | 'role'> & {
  readonly warnings?: readonly { readonly code: string }[]
}

/** Whether the numbers of a column name things, so that no separators of thousands stand in them. */
export function isCode(column: Known): boolean {
  if (column.role === 'id' || column.warnings?.some(({ code }) => code === 'id_like')) return true
  return (
    column.type === 'integer' && (NAMES_THINGS.test(column.name) || /^(ID|YEAR|ZIP|CODE)$/i.test(column.name))
  )
}
