import type { Json, NodeDescription, Params } from '@/editor/graph/types'
import { formatNumber, listed } from '@/lib/format'
import { i18next } from '@/lib/i18n'
import { currentValue, type Field, fieldsOf, isBlank, isChanged, isShown, labelOf, titleOf } from './schema'

/** A parameter to be read: `value` in full, `brief` with few digits; `isSet`: somebody chose it. */
export type ParamLine = { name: string; value: string; brief: string; isSet: boolean }

type Names = Readonly<Record<string, string>>

function written(value: Json, field: Field | null, names: Names, isBrief = false): string {
  if (isBlank(value)) return '–'
  if (field?.kind === 'dataset') return names[String(value)] ?? String(value)
  if (Array.isArray(value)) return listed(value.map((each) => written(each, null, names, isBrief)))
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'boolean') return i18next.t(value ? 'editor:form.yes' : 'editor:form.no')
  if (typeof value === 'number' && isBrief) return formatNumber(value)
  const unit = field?.hints.unit
  const word = field?.kind === 'choice' ? labelOf(value, field.schema) : String(value)
  return unit ? `${word} ${unit}` : word
}

/** Parameters that were kept, perhaps years ago and without their version, under the names they have today. */
function underTodaysNames(saved: Params, { defaults, renamed }: NodeDescription): Params {
  const names = Object.assign({}, ...Object.values(renamed ?? {})) as Record<string, string>
  const current = (name: string): string =>
    name in defaults || !names[name] ? name : current(names[name] ?? name)
  return Object.fromEntries(Object.entries(saved).map(([name, value]) => [current(name), value]))
}

/**
 * The parameters of a node as lines to read: all of them where the catalogue knows the node, and whatever else was kept.
 * `names`: what data sets are called, by id.
 */
export function paramLines(
  saved: Params,
  description: NodeDescription | undefined,
  names: Names = {},
): ParamLine[] {
  const params = description ? underTodaysNames(saved, description) : saved
  const fields = description ? fieldsOf(description.params, description.defaults) : []
  const line = (name: string, value: Json, field: Field | null, isSet: boolean) => ({
    name,
    value: written(value, field, names),
    brief: written(value, field, names, true),
    isSet,
  })
  const known = fields
    .filter((field) => isShown(field, fields, params))
    .map((field) => line(titleOf(field), currentValue(field, params), field, isChanged(field, params)))
  const others = Object.entries(params)
    .filter(([name]) => !fields.some((field) => field.name === name))
    .map(([name, value]) => line(name, value, null, true))
  return [...known, ...others]
}
