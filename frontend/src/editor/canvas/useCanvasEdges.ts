import type { EdgeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef } from 'react'
import { outputPort, wireId } from '../graph/read'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { handleId } from './handles'
import type { CanvasEdge } from './types'

/** React Flow's edges, made from the wires of the document. */
export function useCanvasEdges() {
  const editor = useEditorStore()
  const wires = useEditor((state) => state.document.edges)
  const selected = useEditor((state) => state.selection.wires)
  const catalogue = useEditor((state) => state.catalogue)
  const made = useRef(new Map<string, CanvasEdge>())

  const edges = useMemo(() => {
    const { document } = editor.getState()
    const next = wires.map((wire): CanvasEdge => {
      const id = wireId(wire)
      const old = made.current.get(id)
      const kind = outputPort(document, catalogue, wire.source, wire.source_port)?.wire ?? 'table'
      const isSelected = selected.has(id)
      if (old && old.selected === isSelected && old.data?.kind === kind) return old
      return {
        id,
        type: 'wire',
        source: wire.source,
        sourceHandle: handleId('output', wire.source_port),
        target: wire.target,
        targetHandle: handleId('input', wire.target_port),
        selected: isSelected,
        data: { kind },
      }
    })
    made.current = new Map(next.map((edge) => [edge.id, edge]))
    return next
  }, [wires, selected, catalogue, editor])

  const onEdgesChange = useCallback(
    (changes: EdgeChange<CanvasEdge>[]) => {
      const { selection, select } = editor.getState()
      const picked = new Set(selection.wires)
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
