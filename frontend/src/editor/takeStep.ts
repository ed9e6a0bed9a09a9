import { insertBefore, newNode } from './graph/change'
import { ignoredIn, type NextStep } from './graph/nextSteps'
import { findNode } from './graph/read'
import { NODE_SIZE, type Params } from './graph/types'
import type { EditorStore } from './store/createEditorStore'

/** Do to the graph what a step says, as one step of undo. */
export function takeStep(editor: EditorStore, step: Exclude<NextStep, { kind: 'lookAtData' }>): void {
  const { document, catalogue, perform } = editor.getState()
  if ('params' in step) {
    const before = findNode(document, step.node)?.params ?? {}
    // The graph may leave out more by now than the version that the step was suggested for.
    const changes =
      step.kind === 'leaveOut'
        ? ({ ignore: [...new Set([...ignoredIn(before), step.column])] } as Params)
        : step.params
    perform({ kind: 'params', node: step.node, changes })
    return
  }
  const description = catalogue.find(step.type)
  if (!description) return
  if ('before' in step) {
    const { node, edges, moved } = insertBefore(document, description, step.before)
    perform({ kind: 'add', node, edges, moved })
    return
  }
  const at = findNode(document, step.behind)?.position ?? { x: 0, y: 0 }
  const node = newNode(document, description, { x: at.x, y: at.y + NODE_SIZE.height + 64 })
  const edge = { source: step.behind, source_port: 'model', target: node.id, target_port: 'model' }
  perform({ kind: 'add', node, edges: [edge] })
}
