import { useReactFlow } from '@xyflow/react'
import { type DragEvent, useCallback } from 'react'
import { DATASET_MIME, NODE_MIME } from '../dragTypes'
import { clearSpot, splicingEdges } from '../graph/change'
import { edgeId } from '../graph/read'
import type { Position } from '../graph/types'
import { useEditorStore } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import { useAddNode } from '../useAddNode'
import { useImport } from '../useImport'
import { useUpload } from '../useUpload'

/** What may be let go over the canvas: a node of the palette, a data set, a table file, a saved graph. */
export function useDrops() {
  const flow = useReactFlow()
  const editor = useEditorStore()
  const ui = useUiStore()
  const addNode = useAddNode()
  const importText = useImport()
  const upload = useUpload()

  const dropFile = useCallback(
    async (file: File, at: Position) => {
      if (file.name.toLowerCase().endsWith('.json')) importText(file.name, await file.text(), at)
      else await upload(file, clearSpot(editor.getState().document, at, ui.getState().view.sizes))
    },
    [editor, importText, ui, upload],
  )

  /** The edges that thread a new node into the edge it was let go on. */
  const threading = useCallback(
    (type: string, node: string, dropTarget: string | undefined) => {
      const { document, catalogue } = editor.getState()
      const old = document.edges.find((edge) => edgeId(edge) === dropTarget)
      const description = catalogue.find(type)
      return old && description ? splicingEdges(document, catalogue, old, node, description) : []
    },
    [editor],
  )

  const onDrop = useCallback(
    (event: DragEvent) => {
      event.preventDefault()
      const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })
      const corner = { x: at.x - 116, y: at.y - 20 }
      const type = event.dataTransfer.getData(NODE_MIME)
      const dataset = event.dataTransfer.getData(DATASET_MIME)
      if (type) addNode(type, corner, {}, (id) => threading(type, id, edgeUnder(event)))
      else if (dataset) addNode('source.file', corner, { dataset })
      else {
        const files = [...event.dataTransfer.files]
        files.forEach((file, index) => void dropFile(file, { x: corner.x, y: corner.y + index * 160 }))
      }
    },
    [addNode, dropFile, flow, threading],
  )

  const onDragOver = useCallback((event: DragEvent) => {
    event.preventDefault()
    event.dataTransfer.dropEffect = event.dataTransfer.types.includes('Files') ? 'copy' : 'move'
  }, [])

  return { onDrop, onDragOver }
}

function edgeUnder(event: DragEvent): string | undefined {
  const element = window.document.elementFromPoint(event.clientX, event.clientY)
  return element?.closest<SVGElement>('.react-flow__edge')?.dataset['id']
}
