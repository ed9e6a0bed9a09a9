import { freeId } from './change'
import type { Catalogue, Fragment, GraphDocument, GraphNode, Json, Position, Wire } from './types'

const MARK = 'leptonweb/graph'

/** The selected nodes and the wires among them. */
export function cut(document: GraphDocument, ids: ReadonlySet<string>): Fragment {
  return {
    nodes: document.nodes.filter((node) => ids.has(node.id)),
    edges: document.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  }
}

/** The wires that feed the selection from outside; a paste may keep them. */
export function incoming(document: GraphDocument, ids: ReadonlySet<string>): readonly Wire[] {
  return document.edges.filter((edge) => ids.has(edge.target) && !ids.has(edge.source))
}

export function write(fragment: Fragment, feeds: readonly Wire[] = []): string {
  return JSON.stringify(
    { kind: MARK, version: 1, nodes: fragment.nodes, edges: fragment.edges, feeds },
    null,
    2,
  )
}

export interface Clip {
  readonly fragment: Fragment
  readonly feeds: readonly Wire[]
}

/** Read what `write` or an exported file holds; `null` when the text is something else. */
export function read(text: string): Clip | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || !Array.isArray(value['nodes'])) return null
  const nodes = value['nodes'].map(readNode)
  if (nodes.some((node) => node === null)) return null
  const edges = readWires(value['edges'])
  const feeds = readWires(value['feeds'])
  return edges && feeds ? { fragment: { nodes: nodes as GraphNode[], edges }, feeds } : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readNode(value: unknown): GraphNode | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['type'] !== 'string') return null
  const at = isRecord(value['position']) ? value['position'] : {}
  return {
    id: value['id'],
    type: value['type'],
    version: typeof value['version'] === 'number' ? value['version'] : 1,
    params: isRecord(value['params']) ? (value['params'] as Readonly<Record<string, Json>>) : {},
    position: { x: Number(at['x']) || 0, y: Number(at['y']) || 0 },
    title: typeof value['title'] === 'string' ? value['title'] : '',
    is_disabled: value['is_disabled'] === true,
    is_frozen: value['is_frozen'] === true,
    ...(Number(value['time_limit_seconds']) > 0
      ? { time_limit_seconds: Math.round(Number(value['time_limit_seconds'])) }
      : {}),
  }
}

function readWires(value: unknown): readonly Wire[] | null {
  if (value === undefined) return []
  if (!Array.isArray(value)) return null
  const wires = value.map((item: unknown) => {
    if (!isRecord(item)) return null
    const { source, source_port, target, target_port } = item
    const isWhole = [source, source_port, target, target_port].every((part) => typeof part === 'string')
    return isWhole ? ({ source, source_port, target, target_port } as Wire) : null
  })
  return wires.some((wire) => wire === null) ? null : (wires as Wire[])
}

/** Give a fragment ids that are free in the document, and move it. Nodes of unknown types are kept: they say so themselves. */
export function relabel(document: GraphDocument, clip: Clip, shift: Position, keepsFeeds: boolean): Fragment {
  const taken = new Set(document.nodes.map((node) => node.id))
  const known = new Set(taken)
  const names = new Map<string, string>()
  for (const node of clip.fragment.nodes) {
    const id = freeId(taken, node.type)
    taken.add(id)
    names.set(node.id, id)
  }
  const nodes = clip.fragment.nodes.map((node) => ({
    ...node,
    id: names.get(node.id) ?? node.id,
    // A copy has given no result of its own that it could keep.
    is_frozen: false,
    position: { x: node.position.x + shift.x, y: node.position.y + shift.y },
  }))
  const inner = clip.fragment.edges.flatMap((edge) => {
    const source = names.get(edge.source)
    const target = names.get(edge.target)
    return source && target ? [{ ...edge, source, target }] : []
  })
  const feeds = keepsFeeds
    ? clip.feeds.flatMap((edge) => {
        const target = names.get(edge.target)
        return target && known.has(edge.source) ? [{ ...edge, target }] : []
      })
    : []
  return { nodes, edges: [...inner, ...feeds] }
}

export function insertFragment(document: GraphDocument, fragment: Fragment): GraphDocument {
  return {
    ...document,
    nodes: [...document.nodes, ...fragment.nodes],
    edges: [...document.edges, ...fragment.edges],
  }
}

export function center(fragment: Fragment): Position {
  if (fragment.nodes.length === 0) return { x: 0, y: 0 }
  const xs = fragment.nodes.map((node) => node.position.x)
  const ys = fragment.nodes.map((node) => node.position.y)
  return { x: (Math.min(...xs) + Math.max(...xs)) / 2, y: (Math.min(...ys) + Math.max(...ys)) / 2 }
}

/** Types in a fragment that this installation does not have. */
export function unknownTypes(fragment: Fragment, catalogue: Catalogue): readonly string[] {
  return [...new Set(fragment.nodes.map((node) => node.type).filter((type) => !catalogue.find(type)))]
}

export function toFile(document: GraphDocument, name: string): string {
  return JSON.stringify({ kind: MARK, version: 1, name, ...document }, null, 2)
}
