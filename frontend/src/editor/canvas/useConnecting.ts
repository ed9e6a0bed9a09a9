import type { Connection, FinalConnectionState, IsValidConnection, OnConnectStart } from '@xyflow/react'
import { useReactFlow } from '@xyflow/react'
import { useCallback } from 'react'
import { canConnect, edgeInto, legalPorts, possibleEdges } from '../graph/connect'
import { inputPort, outputPort } from '../graph/read'
import { useEditorStore } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import { useRefusalToast } from '../useRefusalToast'
import { endOf, valueKindOf } from './handles'
import type { CanvasEdge, CanvasNode } from './types'

/** Drawing edges: what is legal glows, a refusal says why, and an edge let go over nothing asks what to add. */
export function useConnecting() {
  const editor = useEditorStore()
  const ui = useUiStore()
  const flow = useReactFlow<CanvasNode, CanvasEdge>()
  const sayRefusal = useRefusalToast()

  const onConnectStart: OnConnectStart = useCallback(
    (_event, { nodeId, handleId }) => {
      const { document, catalogue } = editor.getState()
      if (nodeId) ui.getState().change({ legal: legalPorts(document, catalogue, endOf(nodeId, handleId)) })
    },
    [editor, ui],
  )

  const isValidConnection: IsValidConnection<CanvasEdge> = useCallback(
    (connection) => {
      const { document, catalogue } = editor.getState()
      return canConnect(document, catalogue, valueKindOf(connection as Connection)).ok
    },
    [editor],
  )

  const onConnect = useCallback(
    (connection: Connection) => editor.getState().perform({ kind: 'connect', edge: valueKindOf(connection) }),
    [editor],
  )

  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      ui.getState().change({ legal: null })
      if (state.isValid || !state.fromNode || !state.fromHandle) return
      const { document, catalogue, perform } = editor.getState()
      const from = endOf(state.fromNode.id, state.fromHandle.id)
      const at = 'changedTouches' in event ? event.changedTouches[0] : event
      if (!at) return
      const under = nodeUnder(at.clientX, at.clientY)
      if (state.toHandle && state.toNode) {
        const there = endOf(state.toNode.id, state.toHandle.id)
        if (there.side === from.side) {
          if (there.node !== from.node || there.port !== from.port)
            sayRefusal({ code: 'side', side: from.side })
          return
        }
        const [output, input] = from.side === 'output' ? [from, there] : [there, from]
        const edge = {
          source: output.node,
          source_port: output.port,
          target: input.node,
          target_port: input.port,
        }
        const verdict = canConnect(document, catalogue, edge)
        if (!verdict.ok) sayRefusal(verdict.reason)
      } else if (under && under !== from.node) {
        const [source, target] = from.side === 'output' ? [from.node, under] : [under, from.node]
        const fitting = possibleEdges(document, catalogue, source, target).filter((edge) =>
          from.side === 'output' ? edge.source_port === from.port : edge.target_port === from.port,
        )
        if (fitting[0]) perform({ kind: 'connect', edge: fitting[0] })
        else explain(from, under)
      } else if (!under) {
        const port = (from.side === 'output' ? outputPort : inputPort)(
          document,
          catalogue,
          from.node,
          from.port,
        )
        if (!port) return
        const position = flow.screenToFlowPosition({ x: at.clientX, y: at.clientY })
        const screen = { x: at.clientX, y: at.clientY }
        ui.getState().change({ quickAdd: { at: position, screen, end: { ...from, kind: port.wire } } })
      }

      function explain(end: typeof from, other: string) {
        const description = catalogue.find(document.nodes.find((node) => node.id === other)?.type ?? '')
        const port = end.side === 'output' ? description?.inputs[0] : description?.outputs[0]
        if (!port) return
        const [output, input] =
          end.side === 'output'
            ? [end, { node: other, port: port.name }]
            : [{ node: other, port: port.name }, end]
        const edge = {
          source: output.node,
          source_port: output.port,
          target: input.node,
          target_port: input.port,
        }
        const verdict = canConnect(document, catalogue, edge)
        if (!verdict.ok) sayRefusal(verdict.reason)
        else if (edgeInto(document, edge.target, edge.target_port)) perform({ kind: 'connect', edge })
      }
    },
    [editor, ui, flow, sayRefusal],
  )

  return { onConnectStart, isValidConnection, onConnect, onConnectEnd }
}

function nodeUnder(x: number, y: number): string | undefined {
  const element = window.document.elementFromPoint(x, y)?.closest<HTMLElement>('.react-flow__node')
  return element?.dataset['id']
}
