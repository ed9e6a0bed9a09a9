import { freeId } from './change'
import { connect } from './connect'
import { isColour, NOTE_SIZE, within } from './notes'
import type { Catalogue, Fragment, GraphDocument, GraphEdge, GraphNode, Json, Note, Position } from './types'
import { EMPTY_DOCUMENT } from './types'

const MARK = 'leptonweb/graph'
/** What the server takes as an id. */
const ID = /^[A-Za-z0-9_-]{1,64}$/
const LONGEST_TITLE = 120
const LONGEST_TEXT = 10_000

/** The selected nodes and notes, and the edges among them. */
export function cut(document: GraphDocument, ids: ReadonlySet<string>): Fragment {
  return {
    nodes: document.nodes.filter((node) => ids.has(node.id)),
    edges: document.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
    notes: document.notes.filter((note) => ids.has(note.id)),
  }
}

/** The ids of everything in a fragment that can be selected. */
export function idsOf(fragment: Fragment): readonly string[] {
  return [...fragment.nodes, ...fragment.notes].map(({ id }) => id)
}

/** The edges that feed the selection from outside; a paste may keep them. */
export function incoming(document: GraphDocument, ids: ReadonlySet<string>): readonly GraphEdge[] {
  return document.edges.filter((edge) => ids.has(edge.target) && !ids.has(edge.source))
}

export function write(fragment: Fragment, feeds: readonly GraphEdge[] = []): string {
  return JSON.stringify({ kind: MARK, version: 1, ...fragment, feeds }, null, 2)
}

export interface Clip {
  readonly fragment: Fragment
  readonly feeds: readonly GraphEdge[]
  readonly seed: number
  /** What the graph was called when it was exported; empty for a copied part. */
  readonly name: string
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
  const nodes = readAll(value['nodes'], readNode)
  const notes = readAll(value['notes'], readNote)
  const edges = readAll(value['edges'], readEdge)
  const feeds = readAll(value['feeds'], readEdge)
  if (!nodes || !notes || !edges || !feeds) return null
  const name = textOf(value['name'], LONGEST_TITLE).trim()
  return { fragment: { nodes, edges, notes }, feeds, seed: Number(value['seed']) || 0, name }
}

/** Every item of a list, or null when one of them is something else. What is left out is an empty list. */
function readAll<T>(value: unknown, readOne: (item: unknown) => T | null): readonly T[] | null {
  if (value === undefined) return []
  if (!Array.isArray(value)) return null
  const items = value.map(readOne)
  return items.every((item) => item !== null) ? items : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readNode(value: unknown): GraphNode | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['type'] !== 'string') return null
  return {
    id: value['id'],
    type: value['type'],
    version: typeof value['version'] === 'number' ? value['version'] : 1,
    params: isRecord(value['params']) ? (value['params'] as Readonly<Record<string, Json>>) : {},
    position: placeOf(value['position']),
    title: textOf(value['title'], LONGEST_TITLE),
    is_disabled: value['is_disabled'] === true,
    is_frozen: value['is_frozen'] === true,
    ...(Number(value['time_limit_seconds']) > 0
      ? { time_limit_seconds: Math.round(Number(value['time_limit_seconds'])) }
      : {}),
  }
}

function readNote(value: unknown): Note | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['text'] !== 'string') return null
  return within({
    id: value['id'],
    text: textOf(value['text'], LONGEST_TEXT),
    position: placeOf(value['position']),
    width: Number(value['width']) || NOTE_SIZE.width,
    height: Number(value['height']) || NOTE_SIZE.height,
    colour: isColour(value['colour']) ? value['colour'] : 'yellow',
  })
}

function textOf(value: unknown, longest: number): string {
  return typeof value === 'string' ? value.slice(0, longest) : ''
}

function placeOf(value: unknown): Position {
  const at = isRecord(value) ? value : {}
  return { x: Number(at['x']) || 0, y: Number(at['y']) || 0 }
}

function readEdge(value: unknown): GraphEdge | null {
  if (!isRecord(value)) return null
  const { source, source_port, target, target_port } = value
  const isWhole = [source, source_port, target, target_port].every((part) => typeof part === 'string')
  return isWhole ? ({ source, source_port, target, target_port } as GraphEdge) : null
}

/** Give a fragment ids that are free in the document, and move it. Nodes of unknown types are kept: they say so themselves. */
export function relabel(document: GraphDocument, clip: Clip, shift: Position, keepsFeeds: boolean): Fragment {
  const known = new Set(document.nodes.map((node) => node.id))
  const taken = new Set([...document.nodes, ...document.notes].map(({ id }) => id))
  const names = new Map<string, string>()
  const rename = (old: string, type: string) => {
    const id = freeId(taken, type)
    taken.add(id)
    names.set(old, id)
    return id
  }
  const moved = ({ x, y }: Position) => ({ x: x + shift.x, y: y + shift.y })
  const nodes = clip.fragment.nodes.map((node) => ({
    ...node,
    id: rename(node.id, node.type),
    // A copy has given no result of its own that it could keep.
    is_frozen: false,
    position: moved(node.position),
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
  const notes = clip.fragment.notes.map((note) => ({
    ...note,
    id: rename(note.id, 'note'),
    position: moved(note.position),
  }))
  return { nodes, edges: [...inner, ...feeds], notes }
}

/** The graph that a file holds, with its own ids and seed: for an empty canvas. Edges without an end are left out. */
export function asDocument(clip: Clip): GraphDocument {
  const ids = idsOf(clip.fragment)
  const isUsable = new Set(ids).size === ids.length && ids.every((id) => ID.test(id))
  const part = isUsable ? clip.fragment : relabel(EMPTY_DOCUMENT, clip, { x: 0, y: 0 }, false)
  const there = new Set(part.nodes.map((node) => node.id))
  const edges = part.edges.filter((edge) => there.has(edge.source) && there.has(edge.target))
  const seed = Math.min(2 ** 31 - 1, Math.max(0, Math.trunc(clip.seed)))
  return edges.reduce(connect, { ...part, edges: [], seed })
}

export function insertFragment(document: GraphDocument, fragment: Fragment): GraphDocument {
  return {
    ...document,
    nodes: [...document.nodes, ...fragment.nodes],
    edges: [...document.edges, ...fragment.edges],
    notes: [...document.notes, ...fragment.notes],
  }
}

export function center(fragment: Fragment): Position {
  const places = [...fragment.nodes, ...fragment.notes].map(({ position }) => position)
  if (places.length === 0) return { x: 0, y: 0 }
  const xs = places.map(({ x }) => x)
  const ys = places.map(({ y }) => y)
  return { x: (Math.min(...xs) + Math.max(...xs)) / 2, y: (Math.min(...ys) + Math.max(...ys)) / 2 }
}

/** Types in a fragment that this installation does not have. */
export function unknownTypes(fragment: Fragment, catalogue: Catalogue): readonly string[] {
  return [...new Set(fragment.nodes.map((node) => node.type).filter((type) => !catalogue.find(type)))]
}

export function toFile(document: GraphDocument, name: string): string {
  return JSON.stringify({ kind: MARK, version: 1, name, ...document }, null, 2)
}
