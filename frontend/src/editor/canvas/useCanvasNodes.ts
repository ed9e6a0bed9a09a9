import type { NodeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { Note, Position, GraphNode as SavedNode } from '../graph/types'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { shapeOf } from './shape'
import type { CanvasNode } from './types'

/** Notes lie under nodes and edges, also while chosen: React Flow raises what is chosen by 1000. */
const BEHIND = -1001

type Size = { width: number; height: number }

/**
 * React Flow's nodes, made from the document. Sizes and places in the middle of a drag live here, not in the document;
 * an object is made anew only when its own node changed, so that 500 nodes stay smooth.
 */
export function useCanvasNodes() {
  const editor = useEditorStore()
  const saved = useEditor((state) => state.document.nodes)
  const notes = useEditor((state) => state.document.notes)
  const selected = useEditor((state) => state.selection.nodes)
  const catalogue = useEditor((state) => state.catalogue)
  const sizes = useRef(new Map<string, Size>())
  const drags = useRef(new Map<string, Position>())
  const made = useRef(new Map<string, CanvasNode>())
  const [tick, setTick] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: tick stands for the sizes and drags
  const nodes = useMemo(() => {
    const draw = (item: SavedNode | Note): CanvasNode => {
      const old = made.current.get(item.id)
      const position = drags.current.get(item.id) ?? item.position
      const description = 'text' in item ? undefined : catalogue.find(item.type)
      const shape = description && shapeOf(item as SavedNode, description)
      if (shape) sizes.current.set(item.id, shape.measured)
      const measured = shape?.measured ?? sizes.current.get(item.id)
      const isSelected = selected.has(item.id)
      const isSameItem = old !== undefined && itemOf(old) === item
      const isSame =
        isSameItem && old.selected === isSelected && old.measured === measured && old.position === position
      if (isSame) return old
      const shared = {
        id: item.id,
        position,
        selected: isSelected,
        ...(measured ? { measured } : {}),
      }
      if ('text' in item) {
        const data = isSameItem && old.type === 'note' ? old.data : { note: item }
        // React Flow hides what it has not measured, and a hidden text cannot take the focus.
        const first = { initialWidth: item.width, initialHeight: item.height }
        return { ...shared, ...first, type: 'note', data, zIndex: BEHIND }
      }
      const data = isSameItem && old.type === 'graph' ? old.data : { node: item }
      return { ...shared, ...(shape ? { handles: shape.handles } : {}), type: 'graph', data }
    }
    const next = [...notes.map(draw), ...saved.map(draw)]
    made.current = new Map(next.map((node) => [node.id, node]))
    return next
  }, [saved, notes, selected, catalogue, tick])

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      let isMoved = false
      const picked = new Set(editor.getState().selection.nodes)
      let isPicked = false
      for (const change of changes) {
        if (change.type === 'dimensions' && change.dimensions) {
          sizes.current.set(change.id, change.dimensions)
          isMoved = true
        } else if (change.type === 'position' && change.position && change.dragging) {
          drags.current.set(change.id, change.position)
          isMoved = true
        } else if (change.type === 'select') {
          if (change.selected) picked.add(change.id)
          else picked.delete(change.id)
          isPicked = true
        }
      }
      if (isPicked) editor.getState().select(picked, editor.getState().selection.edges)
      if (isMoved) setTick((count) => count + 1)
    },
    [editor],
  )

  /** Write the places of everything dragged to the document, as one step of undo with the copy of the same `drag`. */
  const endDrag = useCallback(
    (drag: string) => {
      const positions = Object.fromEntries(drags.current)
      const { nodes, notes } = editor.getState().document
      drags.current = new Map()
      const isMoved = [...nodes, ...notes].some(({ id, position }) => {
        const to = positions[id]
        return to !== undefined && (to.x !== position.x || to.y !== position.y)
      })
      if (isMoved) editor.getState().perform({ kind: 'move', positions, ...(drag ? { drag } : {}) })
      setTick((count) => count + 1)
    },
    [editor],
  )

  return { nodes, onNodesChange, endDrag, sizes: sizes.current }
}

function itemOf(drawn: CanvasNode): SavedNode | Note {
  return drawn.type === 'note' ? drawn.data.note : drawn.data.node
}
