import { snap } from './graph/change'
import { center, cut, idsOf, incoming, read, relabel, toFile, write } from './graph/clipboard'
import { layoutPositions } from './graph/layout'
import { newNote } from './graph/notes'
import { connected, neighbours, reachable } from './graph/read'
import type { Position } from './graph/types'
import type { EditorStore } from './store/createEditorStore'
import type { UiStore } from './store/createUiStore'

/** Gestures that join several pure functions; they hold no state of their own. */

function selectedClip(editor: EditorStore) {
  const { document, selection } = editor.getState()
  const fragment = cut(document, selection.nodes)
  return { fragment, feeds: incoming(document, selection.nodes), seed: document.seed, name: '' }
}

/** What is chosen as text for the clipboard; null when nothing is. */
export function selectionText(editor: EditorStore): string | null {
  const clip = selectedClip(editor)
  return idsOf(clip.fragment).length === 0 ? null : write(clip.fragment, clip.feeds)
}

/** Put a copied part into the graph, its middle at a place. Null when the text holds no graph. */
export function pasteText(
  editor: EditorStore,
  text: string,
  at: Position,
  keepsFeeds: boolean,
): number | null {
  const clip = read(text)
  if (!clip) return null
  const { document, perform, select } = editor.getState()
  const middle = center(clip.fragment)
  const places = [...clip.fragment.nodes, ...clip.fragment.notes].map(({ position }) => position)
  const lies = [...document.nodes, ...document.notes].some(({ position }) =>
    places.some((other) => samePlace(position, other)),
  )
  const isNear = Math.hypot(at.x - middle.x, at.y - middle.y) < 1200
  const shift = lies && isNear ? { x: 40, y: 40 } : snap({ x: at.x - middle.x, y: at.y - middle.y })
  const fragment = relabel(document, clip, shift, keepsFeeds)
  perform({ kind: 'paste', fragment })
  select(idsOf(fragment))
  return idsOf(fragment).length
}

function samePlace(a: Position, b: Position): boolean {
  return Math.abs(a.x - b.x) < 8 && Math.abs(a.y - b.y) < 8
}

export function duplicateSelection(editor: EditorStore): void {
  const { document, perform, select } = editor.getState()
  const clip = selectedClip(editor)
  if (idsOf(clip.fragment).length === 0) return
  const fragment = relabel(document, clip, { x: 40, y: 40 }, true)
  perform({ kind: 'duplicate', fragment })
  select(idsOf(fragment))
}

/** Leave a copy where the selection lies; what is being dragged away stays selected. */
export function duplicateInPlace(editor: EditorStore, drag: string): void {
  const { document, perform } = editor.getState()
  const clip = selectedClip(editor)
  if (idsOf(clip.fragment).length === 0) return
  perform({ kind: 'duplicate', fragment: relabel(document, clip, { x: 0, y: 0 }, false), drag })
}

export function removeSelection(editor: EditorStore, heals: boolean): void {
  const { selection, perform } = editor.getState()
  if (selection.nodes.size + selection.edges.size === 0) return
  perform({ kind: 'remove', nodes: [...selection.nodes], edges: [...selection.edges], heals })
  editor.getState().select([])
}

export function toggleDisabled(editor: EditorStore): void {
  const { document, selection, perform } = editor.getState()
  const chosen = document.nodes.filter((node) => selection.nodes.has(node.id))
  if (chosen.length === 0) return
  const isDisabled = chosen.some((node) => !node.is_disabled)
  perform({ kind: 'disable', nodes: chosen.map((node) => node.id), isDisabled })
}

/** Let the chosen nodes keep their results, or no longer; `path`: with everything that feeds them. */
export function toggleFrozen(editor: EditorStore, path = false): void {
  const { document, selection, perform } = editor.getState()
  const ids = path ? reachable(document, selection.nodes, 'upstream') : selection.nodes
  const chosen = document.nodes.filter((node) => ids.has(node.id))
  if (chosen.length === 0) return
  const isFrozen = chosen.some((node) => !node.is_frozen)
  perform({ kind: 'freeze', nodes: chosen.map((node) => node.id), isFrozen })
}

/** Put an empty note where one looks, ready to be written on. */
export function putNote(editor: EditorStore, ui: UiStore): void {
  const { document, perform, select } = editor.getState()
  const note = newNote(document, snap(ui.getState().view.middle()))
  perform({ kind: 'addNote', note })
  select([note.id])
  ui.getState().change({ renaming: note.id })
}

export function nudge(editor: EditorStore, by: Position): void {
  const { document, selection, perform } = editor.getState()
  const chosen = [...document.nodes, ...document.notes].filter(({ id }) => selection.nodes.has(id))
  if (chosen.length === 0) return
  const moved = chosen.map((node) => [node.id, { x: node.position.x + by.x, y: node.position.y + by.y }])
  perform({ kind: 'nudge', positions: Object.fromEntries(moved) })
}

/** Walk from the selected node: left and right along edges, up and down to the nearest node. */
export function walk(editor: EditorStore, way: 'left' | 'right' | 'up' | 'down'): string | null {
  const { document, selection, select } = editor.getState()
  const from = document.nodes.find((node) => selection.nodes.has(node.id)) ?? null
  const to = from ? next(editor, from.id, way) : (document.nodes[0]?.id ?? null)
  if (to) select([to])
  return to
}

function next(editor: EditorStore, id: string, way: 'left' | 'right' | 'up' | 'down'): string | null {
  const { document } = editor.getState()
  if (way === 'left') return neighbours(document, id, 'upstream')[0] ?? null
  if (way === 'right') return neighbours(document, id, 'downstream')[0] ?? null
  const here = document.nodes.find((node) => node.id === id)
  if (!here) return null
  const sign = way === 'up' ? -1 : 1
  const candidates = document.nodes
    .filter((node) => sign * (node.position.y - here.position.y) > 0)
    .map((node) => ({
      id: node.id,
      far: Math.abs(node.position.y - here.position.y) + 2 * Math.abs(node.position.x - here.position.x),
    }))
    .sort((a, b) => a.far - b.far)
  return candidates[0]?.id ?? null
}

export function selectAlong(editor: EditorStore, which: 'upstream' | 'downstream' | 'connected'): void {
  const { document, selection, select } = editor.getState()
  const found =
    which === 'connected' ? connected(document, selection.nodes) : reachable(document, selection.nodes, which)
  select(found)
}

export async function arrange(editor: EditorStore, ui: UiStore): Promise<void> {
  const { document, selection } = editor.getState()
  if (document.nodes.length === 0) return
  const positions = await layoutPositions(document, ui.getState().view.sizes, selection.nodes)
  editor.getState().perform({ kind: 'arrange', positions })
  requestAnimationFrame(() => ui.getState().view.fit())
}

/** Hand the open document over as a file. */
export function exportFile(editor: EditorStore, name: string): void {
  const blob = new Blob([toFile(editor.getState().document, name)], { type: 'application/json' })
  const link = window.document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${name.replace(/[^\p{L}\p{N}_-]+/gu, '-') || 'graph'}.json`
  link.click()
  URL.revokeObjectURL(link.href)
}
