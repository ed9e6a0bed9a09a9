import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { useDraftNow } from '@/api/graphs'
import { useCatalogue } from '@/api/nodes'
import { useMayEdit } from '@/api/session'
import { indexCatalogue } from '../graph/catalogue'
import { type Judgement, type NextStep, nextSteps } from '../graph/nextSteps'
import { describe, fromServer } from '../server'
import { StepButtons } from './StepButtons'

interface GraphStepsProps {
  readonly graph: string | null
  readonly verdict: Judgement | null | undefined
  /** The node that gave the verdict; without it, the one that deploys. */
  readonly node?: string | undefined
}

/** What may be done about a verdict, where its graph is not open: each step opens it, changes it and runs it. */
export function GraphSteps({ graph, verdict, node }: GraphStepsProps) {
  const mayEdit = useMayEdit()
  return mayEdit && graph && verdict ? <Steps graph={graph} verdict={verdict} node={node} /> : null
}

interface StepsProps {
  readonly graph: string
  readonly verdict: Judgement
  readonly node: string | undefined
}

function Steps({ graph, verdict, node }: StepsProps) {
  const navigate = useNavigate()
  const { data: draft } = useDraftNow(graph)
  const { data: catalogue } = useCatalogue()
  const steps = useMemo(() => {
    if (!draft || !catalogue) return []
    const document = fromServer(draft.document)
    const judged = node ?? document.nodes.findLast(({ type }) => type === 'publish.deploy')?.id
    return judged ? nextSteps(document, indexCatalogue(catalogue.nodes.map(describe)), verdict, judged) : []
  }, [draft, catalogue, verdict, node])
  const take = (step: NextStep) =>
    step.kind === 'lookAtData'
      ? void navigate(`/data/${step.dataset}`)
      : void navigate(`/graphs/${graph}`, { state: { nextStep: step } })
  return <StepButtons steps={steps} onTake={take} />
}
