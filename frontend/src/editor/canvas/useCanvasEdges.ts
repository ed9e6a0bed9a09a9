import type { EdgeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef } from 'react'
import { edgeId, outputPort } from '../graph/read'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { handleId } from './handles'
import type { CanvasEdge } from './types'

/** React Flow's edges, made from the edges of the document. */
export function useCanvasEdges() {
  const editor = useEditorStore()
  const saved = useEditor((state) => state.document.edges)
  const selected = useEditor((state) => state.selection.edges)
  const catalogue = useEditor((state) => state.catalogue)
  const made = useRef(new Map<string, CanvasEdge>())

  const edges = useMemo(() => {
    const { document } = editor.getState()
    const next = saved.map((edge): CanvasEdge => {
      const id = edgeId(edge)
      const old = made.current.get(id)
      const kind = outputPort(document, catalogue, edge.source, edge.source_port)?.wire ?? 'table'
      const isSelected = selected.has(id)
      if (old && old.selected === isSelected && old.data?.kind === kind) return old
      return {
        id,
        type: 'graph',
        source: edge.source,
        sourceHandle: handleId('output', edge.source_port),
        target: edge.target,
        targetHandle: handleId('input', edge.target_port),
        selected: isSelected,
        data: { kind },
      }
    })
    made.current = new Map(next.map((edge) => [edge.id, edge]))
    return next
  }, [saved, selected, catalogue, editor])

  const onEdgesChange = useCallback(
    (changes: EdgeChange<CanvasEdge>[]) => {
      const { selection, select } = editor.getState()
      const picked = new Set(selection.edges)
      for (const change of changes) {
        if (change.type !== 'select') continue
        if (change.selected) picked.add(change.id)
        else picked.delete(change.id)
      }
      select(selection.nodes, picked)
    },
    [editor],
  )

  return { edges, onEdgesChange }
}
