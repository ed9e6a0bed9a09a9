import type { Connection } from '@xyflow/react'
import type { EdgeEnd } from '../graph/connect'
import type { GraphEdge } from '../graph/types'

/** Handles are named `input:<port>` and `output:<port>`; what they mean stands in the catalogue. */
export function handleId(side: 'input' | 'output', port: string): string {
  return `${side}:${port}`
}

export function portOf(handle: string | null | undefined): string {
  return (handle ?? '').replace(/^(input|output):/, '')
}

export function valueKindOf(
  connection: Pick<Connection, 'source' | 'target' | 'sourceHandle' | 'targetHandle'>,
): GraphEdge {
  return {
    source: connection.source,
    source_port: portOf(connection.sourceHandle),
    target: connection.target,
    target_port: portOf(connection.targetHandle),
  }
}

export function endOf(node: string, handle: string | null | undefined): EdgeEnd {
  return { node, port: portOf(handle), side: handle?.startsWith('input:') ? 'input' : 'output' }
}
