import type { EdgeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef } from 'react'
import { useWords } from '@/lib/useWords'
import { edgeId, outputPort, titleOf } from '../graph/read'
import type { EditorState } from '../store/createEditorStore'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { handleId } from './handles'
import { type DrawnEdge, lanesOf } from './lanes'
import { shapeOf } from './shape'
import type { CanvasEdge } from './types'

/** One text, so that a node which only moves names no edge anew. */
const titlesOf = ({ document, catalogue }: EditorState) =>
  JSON.stringify(document.nodes.map((node) => [node.id, titleOf(node, catalogue)]))

/** One text, so that edges are led anew only when a node moves, comes, goes or changes its size. */
const placesOf = ({ document, catalogue }: EditorState) =>
  document.nodes
    .map((node) => {
      const description = catalogue.find(node.type)
      const height = description ? shapeOf(node, description).measured.height : 0
      return `${node.id} ${node.position.x} ${node.position.y} ${height}`
    })
    .join('\n')

/** The lanes of edges that would pass behind nodes, by the id of the edge. */
function lanesIn({ document, catalogue }: EditorState): ReadonlyMap<string, number> {
  const shaped = new Map(
    document.nodes.flatMap((node) => {
      const description = catalogue.find(node.type)
      return description ? [[node.id, { ...node.position, ...shapeOf(node, description) }] as const] : []
    }),
  )
  const portAt = (id: string, handle: string) => {
    const node = shaped.get(id)
    const port = node?.handles.find((each) => each.id === handle)
    if (!node || !port) return null
    return { x: node.x + port.x + (port.width ?? 0) / 2, y: node.y + port.y + (port.height ?? 0) / 2 }
  }
  const edges = document.edges.flatMap((edge): DrawnEdge[] => {
    const start = portAt(edge.source, handleId('output', edge.source_port))
    const end = portAt(edge.target, handleId('input', edge.target_port))
    return start && end ? [{ id: edgeId(edge), source: edge.source, target: edge.target, start, end }] : []
  })
  const boxes = new Map([...shaped].map(([id, { x, y, measured }]) => [id, { x, y, ...measured }]))
  return lanesOf(edges, boxes)
}

/** React Flow's edges, made from the edges of the document. */
export function useCanvasEdges() {
  const editor = useEditorStore()
  const t = useWords('editor')
  const saved = useEditor((state) => state.document.edges)
  const selected = useEditor((state) => state.selection.edges)
  const catalogue = useEditor((state) => state.catalogue)
  const titles = useEditor(titlesOf)
  const places = useEditor(placesOf)
  // biome-ignore lint/correctness/useExhaustiveDependencies: places stands for the nodes
  const lanes = useMemo(() => lanesIn(editor.getState()), [editor, saved, places, catalogue])
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
      const lane = lanes.get(id)
      const isSame =
        old?.selected === isSelected &&
        old.data?.kind === kind &&
        old.data.lane === lane &&
        old.ariaLabel === ariaLabel
      if (old && isSame) return old
      return {
        id,
        type: 'graph',
        source: edge.source,
        sourceHandle: handleId('output', edge.source_port),
        target: edge.target,
        targetHandle: handleId('input', edge.target_port),
        selected: isSelected,
        ariaLabel,
        data: { kind, ...(lane === undefined ? {} : { lane }) },
      }
    })
    made.current = new Map(next.map((edge) => [edge.id, edge]))
    return next
  }, [saved, selected, catalogue, titles, lanes, editor, t])

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
