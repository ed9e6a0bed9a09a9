import { Button } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useMayEdit } from '@/api/session'
import type { Verdict } from '@/contracts'
import { insertBefore, newNode } from '../graph/change'
import { type NextStep, nextSteps } from '../graph/nextSteps'
import { findNode } from '../graph/read'
import { NODE_SIZE } from '../graph/types'
import type { EditorStore } from '../store/createEditorStore'
import { useEditor, useEditorStore } from '../store/EditorContext'
import type { RunActions } from '../useActions'
import classes from './NextSteps.module.css'

interface NextStepsProps {
  readonly verdict: Verdict | null | undefined
  /** The node that gave the verdict. */
  readonly node: string
  readonly run: RunActions
}

/** What may be done about a verdict: each step changes the graph and runs it again, as far as one click can. */
export function NextSteps({ verdict, node, run }: NextStepsProps) {
  const { t } = useTranslation('editor')
  const navigate = useNavigate()
  const editor = useEditorStore()
  const mayEdit = useMayEdit()
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const steps = useMemo(
    () => (verdict ? nextSteps(document, catalogue, verdict, node) : []),
    [document, catalogue, verdict, node],
  )
  if (!mayEdit || steps.length === 0) return null
  const take = (step: NextStep) => {
    if (step.kind === 'lookAtData') {
      void navigate(`/data/${step.dataset}`)
      return
    }
    change(editor, step)
    run.runAll()
  }
  return (
    <div className={classes.steps} data-testid="next-steps">
      {steps.map((step) => {
        const column = 'column' in step ? step.column : ''
        return (
          <Button
            key={`${step.kind} ${column}`}
            size="compact-sm"
            variant="light"
            rightSection={<IconArrowRight size={14} />}
            onClick={() => take(step)}
          >
            {t(`nextStep.${step.kind}`, { column })}
          </Button>
        )
      })}
    </div>
  )
}

/** Do to the graph what a step says, as one step of undo. */
function change(editor: EditorStore, step: Exclude<NextStep, { kind: 'lookAtData' }>): void {
  const { document, catalogue, perform } = editor.getState()
  if ('params' in step) {
    perform({ kind: 'params', node: step.node, changes: step.params })
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
