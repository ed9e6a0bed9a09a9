import type { TFunction } from 'i18next'
import { formatCount } from '@/lib/format'
import { insertBefore } from './graph/change'
import type { NodeDescription, Params } from './graph/types'
import type { EditorStore } from './store/createEditorStore'

/** Parameters that make a model smaller when they are lowered. */
const SIZES_OF_MODELS = ['hidden_size', 'n_estimators']

export interface QuickFix {
  readonly kind: 'insert_before' | 'move_after' | 'set_params'
  readonly params?: Params
}

/** Do what the way out of a fault says, as one step of undo, and show where it happened. */
export function applyQuickFix(
  editor: EditorStore,
  at: string,
  description: NodeDescription,
  { kind, params }: QuickFix,
): void {
  const { document, perform, select } = editor.getState()
  if (kind === 'move_after') {
    perform({ kind: 'moveAfter', node: at, type: description.id })
    select([at])
  } else if (kind === 'set_params') {
    perform({ kind: 'params', node: at, changes: params ?? {} })
    select([at])
  } else {
    const { node, edges, moved } = insertBefore(document, description, at, params)
    perform({ kind: 'add', node, edges, moved })
    select([node.id])
  }
}

/** What the button of the way out says. */
export function quickFixLabel(
  t: TFunction<'editor'>,
  { kind, params = {} }: QuickFix,
  title: string,
): string {
  if (kind === 'set_params') {
    if ('max_rows' in params) return t('problems.fewerRows')
    if ('batch_size' in params)
      return t('problems.smallerBatch', { rows: formatCount(Number(params['batch_size'])) })
    if (SIZES_OF_MODELS.some((name) => name in params)) return t('problems.smallerModel')
    if ('ignore' in params) return t('problems.leaveOut')
    if (params['method'] === 'time') return t('problems.splitByTime')
    return t(params['method'] === 'group' ? 'problems.splitByGroup' : 'problems.setParams')
  }
  return t(kind === 'move_after' ? 'problems.moveAfter' : 'problems.insert', { title })
}
