import type { EdgeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef } from 'react'
import { useWords } from '@/lib/useWords'
import { edgeId, outputPort, titleOf } from '../graph/read'
import type { EditorState } from '../store/createEditorStore'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { handleId } from './handles'
import type { CanvasEdge } from './types'

/** One text, so that a node which only moves names no edge anew. */
const titlesOf = ({ document, catalogue }: EditorState) =>
  JSON.stringify(document.nodes.map((node) => [node.id, titleOf(node, catalogue)]))

/** React Flow's edges, made from the edges of the document. */
export function useCanvasEdges() {
  const editor = useEditorStore()
  const t = useWords('editor')
  const saved = useEditor((state) => state.document.edges)
  const selected = useEditor((state) => state.selection.edges)
  const catalogue = useEditor((state) => state.catalogue)
  const titles = useEditor(titlesOf)
  const made = useRef(new Map<string, CanvasEdge>())

  const edges = useMemo(() => {
    const { document } = editor.getState()
    const titled = new Map<string, string>(JSON.parse(titles))
    const next = saved.map((edge): CanvasEdge => {
      const id = edgeId(edge)
      const old = made.current.get(id)
      const kind = outputPort(document, catalogue, edge.source, edge.source_port)?.wire ?? 'table'
      const isSelected = selected.has(id)
      const ariaLabel = t('canvas.edge', {
        kind: t(`wire.${kind}`),
        from: titled.get(edge.source),
        to: titled.get(edge.target),
      })
      if (old && old.selected === isSelected && old.data?.kind === kind && old.ariaLabel === ariaLabel)
        return old
      return {
        id,
        type: 'graph',
        source: edge.source,
        sourceHandle: handleId('output', edge.source_port),
        target: edge.target,
        targetHandle: handleId('input', edge.target_port),
        selected: isSelected,
        ariaLabel,
        data: { kind },
      }
    })
    made.current = new Map(next.map((edge) => [edge.id, edge]))
    return next
  }, [saved, selected, catalogue, titles, editor, t])

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
