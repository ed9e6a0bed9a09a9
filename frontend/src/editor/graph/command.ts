import { assertNever } from '@/lib/assertNever'
import {
  addNode,
  moveNodes,
  removeNodes,
  renameNode,
  replaceNode,
  setDisabled,
  setFrozen,
  setParams,
  setTimeLimit,
} from './change'
import { insertFragment } from './clipboard'
import { connect, removeEdges } from './connect'
import { moveAfter } from './moveAfter'
import { addNote, changeNote, type NoteChange, removeNotes } from './notes'
import type {
  Catalogue,
  Fragment,
  GraphDocument,
  GraphEdge,
  GraphNode,
  NodeDescription,
  Note,
  Params,
  Position,
} from './types'

type Positions = Readonly<Record<string, Position>>

/** Everything a person can do to a document, as data. One command is one step of undo. */
export type Command =
  | {
      readonly kind: 'add'
      readonly node: GraphNode
      readonly edges: readonly GraphEdge[]
      readonly moved?: Positions
    }
  | {
      readonly kind: 'remove'
      readonly nodes: readonly string[]
      readonly edges: readonly string[]
      readonly heals: boolean
    }
  | { readonly kind: 'connect'; readonly edge: GraphEdge }
  | { readonly kind: 'move'; readonly positions: Positions; readonly drag?: string }
  | { readonly kind: 'nudge'; readonly positions: Positions }
  | { readonly kind: 'arrange'; readonly positions: Positions }
  | { readonly kind: 'rename'; readonly node: string; readonly title: string }
  | {
      readonly kind: 'params'
      readonly node: string
      readonly changes: Readonly<Record<string, Params[string] | undefined>>
    }
  | { readonly kind: 'disable'; readonly nodes: readonly string[]; readonly isDisabled: boolean }
  /** `seconds`: 0 for no limit of its own. */
  | { readonly kind: 'limit'; readonly node: string; readonly seconds: number }
  | { readonly kind: 'freeze'; readonly nodes: readonly string[]; readonly isFrozen: boolean }
  | { readonly kind: 'addNote'; readonly note: Note }
  | { readonly kind: 'changeNote'; readonly note: string; readonly changes: NoteChange }
  | { readonly kind: 'paste'; readonly fragment: Fragment }
  /** `drag`: the copy left behind by a drag, which is one step with the move that ends it. */
  | { readonly kind: 'duplicate'; readonly fragment: Fragment; readonly drag?: string }
  | { readonly kind: 'replace'; readonly node: string; readonly description: NodeDescription }
  /** Put the node behind the next one of this type. */
  | { readonly kind: 'moveAfter'; readonly node: string; readonly type: string }
  | { readonly kind: 'import'; readonly fragment: Fragment }
  | { readonly kind: 'load'; readonly document: GraphDocument }

export function applyCommand(document: GraphDocument, catalogue: Catalogue, command: Command): GraphDocument {
  switch (command.kind) {
    case 'add':
      return addNode(moveNodes(document, command.moved ?? {}), command.node, command.edges)
    case 'remove':
      return removeNodes(
        removeNotes(removeEdges(document, new Set(command.edges)), new Set(command.nodes)),
        catalogue,
        command.nodes,
        command.heals,
      )
    case 'connect':
      return connect(document, command.edge)
    case 'move':
    case 'nudge':
    case 'arrange':
      return moveNodes(document, command.positions)
    case 'rename':
      return renameNode(document, command.node, command.title)
    case 'params':
      return setParams(document, command.node, command.changes)
    case 'disable':
      return setDisabled(document, new Set(command.nodes), command.isDisabled)
    case 'limit':
      return setTimeLimit(document, command.node, command.seconds)
    case 'freeze':
      return setFrozen(document, new Set(command.nodes), command.isFrozen)
    case 'addNote':
      return addNote(document, command.note)
    case 'changeNote':
      return changeNote(document, command.note, command.changes)
    case 'paste':
    case 'duplicate':
    case 'import':
      return insertFragment(document, command.fragment)
    case 'replace':
      return replaceNode(document, catalogue, command.node, command.description)
    case 'moveAfter':
      return moveAfter(document, catalogue, command.node, command.type)
    case 'load':
      return command.document
    default:
      return assertNever(command)
  }
}

const DRAG = 'drag:'

/** A drag is one step however long it takes. */
export function isTimed(key: string): boolean {
  return !key.startsWith(DRAG)
}

/**
 * Commands with the same key that follow each other quickly are one step: a burst of keystrokes in one
 * field, a row of nudges of the same nodes. An empty key never merges.
 */
export function mergeKey(command: Command): string {
  switch (command.kind) {
    case 'nudge':
      return `nudge:${Object.keys(command.positions).sort().join()}`
    case 'params':
      return `params:${command.node}:${Object.keys(command.changes).sort().join()}`
    case 'changeNote':
      return `changeNote:${command.note}:${Object.keys(command.changes).sort().join()}`
    case 'rename':
    case 'limit':
      return `${command.kind}:${command.node}`
    case 'duplicate':
    case 'move':
      return command.drag ? `${DRAG}${command.drag}` : ''
    default:
      return ''
  }
}
