import { useCallback } from 'react'
import { clearSpot, newNode } from './graph/change'
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

/** Adds a node in the middle of what is seen, clear of the others. */
export function useAddInView() {
  const editor = useEditorStore()
  const ui = useUiStore()
  const addNode = useAddNode()
  return useCallback(
    (type: string, params: Params = {}) => {
      const { view } = ui.getState()
      return addNode(type, clearSpot(editor.getState().document, view.middle(), view.sizes), params)
    },
    [addNode, editor, ui],
  )
}
