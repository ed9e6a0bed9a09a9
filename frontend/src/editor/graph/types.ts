/** The saved graph as the editor holds it, and the catalogue it is read with. Both immutable. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Params = Readonly<Record<string, Json>>

export interface Position {
  readonly x: number
  readonly y: number
}

export interface GraphNode {
  readonly id: string
  readonly type: string
  readonly version: number
  readonly params: Params
  readonly position: Position
  readonly title: string
  readonly is_disabled: boolean
  /** It keeps the result it gave last, whatever becomes of its parameters and inputs. */
  readonly is_frozen: boolean
  /** It is stopped when it runs for longer; absent for no limit of its own. */
  readonly time_limit_seconds?: number
}

export interface GraphEdge {
  readonly source: string
  readonly source_port: string
  readonly target: string
  readonly target_port: string
}

export interface Note {
  readonly id: string
  readonly text: string
  readonly position: Position
  readonly width: number
  readonly height: number
  readonly colour: 'yellow' | 'blue' | 'green' | 'red' | 'grey'
}

export interface GraphDocument {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly notes: readonly Note[]
  /** Seed of all the graph's randomness. */
  readonly seed: number
}

/** A part of a document that can be put into another one. */
export interface Fragment {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly notes: readonly Note[]
}

export type ValueKind = 'table' | 'model' | 'metrics' | 'report' | 'study' | 'endpoint'
export type Serving = 'stateless' | 'fitted' | 'training_only' | 'batch' | 'none'

export interface PortDescription {
  readonly name: string
  /** What it is called in the language of the page, where that is not its name. */
  readonly label?: string
  readonly wire: ValueKind
  readonly is_optional: boolean
}

/** The heading under which nodes are listed. */
export interface Purpose {
  readonly title: string
  readonly icon: string
  /** Smaller stands first; equal ones by title. */
  readonly order: number
}

export interface NodeDescription {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly detail: string
  readonly icon: string
  readonly group: string
  readonly purpose: Purpose
  readonly keywords: readonly string[]
  readonly version: number
  readonly serve: Serving
  readonly uses_gpu: boolean
  readonly is_cheap: boolean
  readonly replaces: readonly string[]
  /** Version to former name to name of its parameters. */
  readonly renamed: Readonly<Record<string, Readonly<Record<string, string>>>> | null
  readonly inputs: readonly PortDescription[]
  readonly outputs: readonly PortDescription[]
  readonly params: Readonly<Record<string, unknown>>
  readonly defaults: Params
}

export interface Catalogue {
  readonly nodes: readonly NodeDescription[]
  /** Knows former ids too. */
  readonly find: (type: string) => NodeDescription | undefined
}

export const EMPTY_DOCUMENT: GraphDocument = { nodes: [], edges: [], notes: [], seed: 0 }
export const GRID = 8
/** What a node takes on the canvas when it has not been measured yet. */
export const NODE_SIZE = { width: 232, height: 128 } as const
