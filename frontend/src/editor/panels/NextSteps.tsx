import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { useMayEdit } from '@/api/session'
import { type Judgement, type NextStep, nextSteps } from '../graph/nextSteps'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { takeStep } from '../takeStep'
import type { RunActions } from '../useActions'
import { StepButtons } from './StepButtons'

interface NextStepsProps {
  readonly verdict: Judgement | null | undefined
  /** The node that gave the verdict, or one behind it. */
  readonly node: string
  readonly run: RunActions
  readonly onTaken?: () => void
}

/** What may be done about a verdict: each step changes the graph and runs it again, as far as one click can. */
export function NextSteps({ verdict, node, run, onTaken }: NextStepsProps) {
  const navigate = useNavigate()
  const editor = useEditorStore()
  const mayEdit = useMayEdit()
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const steps = useMemo(
    () => (mayEdit && verdict ? nextSteps(document, catalogue, verdict, node) : []),
    [mayEdit, document, catalogue, verdict, node],
  )
  const take = (step: NextStep) => {
    onTaken?.()
    if (step.kind === 'lookAtData') {
      void navigate(`/data/${step.dataset}`)
      return
    }
    takeStep(editor, step)
    run.runAll()
  }
  return <StepButtons steps={steps} onTake={take} />
}
