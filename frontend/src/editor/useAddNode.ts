import { useCallback } from 'react'
import { besideOf, nearestEdges } from './graph/beside'
import { clearSpot, newNode } from './graph/change'
import { findNode } from './graph/read'
import type { GraphEdge, Params, Position } from './graph/types'
import { useEditorStore } from './store/EditorContext'
import { useUiStore } from './store/UiContext'

/** Adds a node by its type and selects it. Returns its id. */
export function useAddNode() {
  const editor = useEditorStore()
  const ui = useUiStore()
  return useCallback(
    (
      type: string,
      at: Position,
      params: Params = {},
      edgesFor: (id: string) => readonly GraphEdge[] = () => [],
    ) => {
      const { catalogue, document, perform, select } = editor.getState()
      const description = catalogue.find(type)
      if (!description) return null
      const node = newNode(document, description, at, params)
      perform({ kind: 'add', node, edges: edgesFor(node.id) })
      select([node.id])
      ui.getState().change({ inspectorTab: 'parameters' })
      return node.id
    },
    [editor, ui],
  )
}

/**
 * Adds a node where it is most likely wanted: beside the one that is chosen and fed by it or by the nearest before it that
 * can, as the list at the pointer does; with none or several chosen in the middle of what is seen, clear of the others.
 */
export function useAddInView() {
  const editor = useEditorStore()
  const ui = useUiStore()
  const addNode = useAddNode()
  return useCallback(
    (type: string, params: Params = {}) => {
      const { view } = ui.getState()
      const { document, catalogue, selection } = editor.getState()
      const [chosen] = selection.nodes.size === 1 ? selection.nodes : []
      const description = catalogue.find(type)
      const before = findNode(document, chosen ?? '')
      // A source follows nothing.
      if (!before || !description?.inputs.length)
        return addNode(type, clearSpot(document, view.middle(), view.sizes), params)
      const at = besideOf(document, before.id, view.sizes)
      const added = addNode(type, at, params, (id) =>
        nearestEdges(document, catalogue, before.id, { id, description }),
      )
      if (added !== null) view.keepInView(at)
      return added
    },
    [addNode, editor, ui],
  )
}
