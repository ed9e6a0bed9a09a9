import type { Json, Params } from '@/editor/graph/types'
import { listed } from '@/lib/format'

export interface LeptonHints {
  readonly widget?: 'column' | 'columns' | 'dataset' | 'rows'
  readonly of?: string
  readonly types?: readonly string[]
  readonly unit?: string
  readonly advanced?: boolean
  readonly showWhen?: Readonly<Record<string, readonly Json[]>>
  /** What values are called in the language of the page; the others are called as they are written. */
  readonly labels?: Readonly<Record<string, string>>
}

/** The small subset of JSON Schema that nodes write. */
export interface FieldSchema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null'
  readonly title?: string
  readonly description?: string
  readonly default?: Json
  readonly enum?: readonly Json[]
  readonly const?: Json
  readonly items?: FieldSchema
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly anyOf?: readonly FieldSchema[]
  readonly 'x-lepton'?: LeptonHints
}

export type FieldKind =
  | 'text'
  | 'number'
  | 'switch'
  | 'choice'
  | 'choices'
  | 'list'
  | 'column'
  | 'columns'
  | 'dataset'
  | 'rows'

export interface Field {
  readonly name: string
  readonly schema: FieldSchema
  readonly kind: FieldKind
  readonly fallback: Json
  readonly hints: LeptonHints
}

/** Parameters in the order the node declares them. */
export function fieldsOf(params: Readonly<Record<string, unknown>>, defaults: Params = {}): readonly Field[] {
  const properties = (params['properties'] ?? {}) as Readonly<Record<string, FieldSchema>>
  return Object.entries(properties).map(([name, given]) => {
    const schema = withoutNull(given)
    return {
      name,
      schema,
      kind: kindOf(schema),
      fallback: defaults[name] ?? given.default ?? null,
      hints: schema['x-lepton'] ?? {},
    }
  })
}

/** An optional value is written as `anyOf: [it, null]`; the form shows the one that is not null. */
function withoutNull(schema: FieldSchema): FieldSchema {
  const real = schema.anyOf?.find((option) => option.type !== 'null')
  return real ? { ...real, ...schema } : schema
}

export function isNullable(schema: FieldSchema): boolean {
  return schema.anyOf?.some((option) => option.type === 'null') ?? false
}

export function kindOf(schema: FieldSchema): FieldKind {
  const widget = schema['x-lepton']?.widget
  if (widget) return widget
  if (schema.enum) return 'choice'
  switch (schema.type) {
    case 'boolean':
      return 'switch'
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return arrayKind(schema)
    default:
      return 'text'
  }
}

function arrayKind(schema: FieldSchema): FieldKind {
  if (schema.items?.enum) return 'choices'
  return schema.items?.type === 'object' ? 'rows' : 'list'
}

export function currentValue(field: Field, params: Params): Json {
  return params[field.name] ?? field.fallback
}

export function isChanged(field: Field, params: Params): boolean {
  const value = params[field.name]
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(field.fallback)
}

/** Shown when every parameter it depends on holds one of the listed values. */
export function isShown(field: Field, fields: readonly Field[], params: Params): boolean {
  return Object.entries(field.hints.showWhen ?? {}).every(([name, allowed]) => {
    const other = fields.find((candidate) => candidate.name === name)
    return other !== undefined && allowed.includes(currentValue(other, params))
  })
}

/** The two parameters to show on the node itself: those that were set, then the first ones that say something. */
export function keyFields(fields: readonly Field[], params: Params): readonly Field[] {
  const candidates = fields.filter(
    (field) =>
      !field.hints.advanced && isShown(field, fields, params) && !isBlank(currentValue(field, params)),
  )
  const changed = candidates.filter((field) => isChanged(field, params))
  const usual = candidates.filter((field) => !changed.includes(field) && saysSomething(field))
  return [...changed, ...usual].slice(0, 2)
}

/** A switch and a choice left to the node say nothing until they are touched. */
function saysSomething(field: Field): boolean {
  return field.kind !== 'switch' && field.fallback !== 'auto'
}

export function isBlank(value: Json): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** `most_frequent` as words: "Most frequent". Short codes in capitals stay. */
export function wordsOf(value: Json): string {
  if (typeof value !== 'string') return String(value)
  const words = value.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What a value of a choice is called. */
export function labelOf(value: Json, schema: FieldSchema): string {
  return schema['x-lepton']?.labels?.[String(value)] ?? wordsOf(value)
}

export function titleOf(field: Field): string {
  return field.schema.title ?? wordsOf(field.name)
}

/** A value as one short line. */
export function brief(value: Json): string {
  if (Array.isArray(value)) {
    const items = value as readonly Json[]
    const plain = items.filter((item) => typeof item !== 'object')
    return plain.length > 0 && plain.length <= 2 ? listed(plain.map(String)) : String(items.length)
  }
  return typeof value === 'object' && value !== null ? '…' : String(value)
}
