import type { FieldSchema } from '@/form/schema'
import type { NodeDescription } from './types'

interface ParamWords {
  readonly title?: string
  readonly description?: string
  /** Words for this parameter's values, before those that hold everywhere. */
  readonly values?: Readonly<Record<string, string>>
}

interface NodeWords {
  readonly title?: string
  readonly summary?: string
  readonly detail?: string
  readonly keywords: readonly string[]
  /** By name; fields of rows as `rename.column`. */
  readonly params: Readonly<Record<string, ParamWords>>
}

/** The catalogue of nodes in another language; the server's own words are English. */
export interface CatalogueWords {
  /** Headings of the palette, by group. */
  readonly purposes: Readonly<Record<string, string>>
  readonly ports: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string>>
  readonly units: Readonly<Record<string, string>>
  /** Sentences of nodes, by id. */
  readonly messages?: Readonly<Record<string, string>>
  readonly nodes: Readonly<Record<string, NodeWords>>
}

type Properties = Readonly<Record<string, FieldSchema>>

/** A node in the words of another language. What has no word there stays as it is, in English. */
export function translated(node: NodeDescription, words: CatalogueWords): NodeDescription {
  const own = words.nodes[node.id]
  const port = <Port extends { readonly name: string }>(given: Port) => ({
    ...given,
    label: words.ports[given.name] ?? given.name,
  })
  return {
    ...node,
    title: own?.title ?? node.title,
    summary: own?.summary ?? node.summary,
    detail: own?.detail ?? node.detail,
    purpose: { ...node.purpose, title: words.purposes[node.group] ?? node.purpose.title },
    // Whoever knows the English name finds the node by it too.
    keywords: [...node.keywords, node.title, ...(own?.keywords ?? [])],
    inputs: node.inputs.map(port),
    outputs: node.outputs.map(port),
    params: {
      ...node.params,
      properties: properties((node.params['properties'] ?? {}) as Properties, '', own, words),
    },
  }
}

function properties(
  given: Properties,
  prefix: string,
  own: NodeWords | undefined,
  words: CatalogueWords,
): Properties {
  return Object.fromEntries(
    Object.entries(given).map(([name, schema]) => [name, field(schema, prefix + name, own, words)]),
  )
}

function field(
  schema: FieldSchema,
  path: string,
  own: NodeWords | undefined,
  words: CatalogueWords,
): FieldSchema {
  const said = own?.params[path]
  const unit = schema['x-lepton']?.unit
  const inner = schema.items?.properties
  return {
    ...schema,
    ...(said?.title ? { title: said.title } : {}),
    ...(said?.description ? { description: said.description } : {}),
    'x-lepton': {
      ...schema['x-lepton'],
      labels: { ...words.values, ...said?.values },
      ...(unit ? { unit: words.units[unit] ?? unit } : {}),
    },
    ...(inner ? { items: { ...schema.items, properties: properties(inner, `${path}.`, own, words) } } : {}),
  }
}
