import type { Edge, EdgeTypes, Node, NodeTypes } from '@xyflow/react'
import type { Note, GraphNode as SavedNode, ValueKind } from '../graph/types'
import { GraphEdge } from './GraphEdge'
import { GraphNode } from './GraphNode'
import { NoteNode } from './NoteNode'

export type GraphCanvasNode = Node<{ readonly node: SavedNode }, 'graph'>
export type NoteCanvasNode = Node<{ readonly note: Note }, 'note'>
export type CanvasNode = GraphCanvasNode | NoteCanvasNode
/** `lane`: the height at which an edge goes around nodes that it would pass behind. */
export type CanvasEdge = Edge<{ readonly kind: ValueKind; readonly lane?: number }, 'graph'>

// Constants, because React Flow draws everything anew when these objects change.
export const nodeTypes: NodeTypes = { graph: GraphNode, note: NoteNode }
export const edgeTypes: EdgeTypes = { graph: GraphEdge }
