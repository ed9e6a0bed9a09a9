import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { useDraftNow, versionQuery } from '@/api/graphs'
import { useCatalogue } from '@/api/nodes'
import { useMayEdit } from '@/api/session'
import { indexCatalogue } from '../graph/catalogue'
import { isStillOpen, type Judgement, type NextStep, nextSteps } from '../graph/nextSteps'
import { describe, fromServer } from '../server'
import { StepButtons } from './StepButtons'

interface GraphStepsProps {
  readonly graph: string | null
  readonly verdict: Judgement | null | undefined
  /** The node that gave the verdict; without it, the one that deploys. */
  readonly node?: string | undefined
  /** The version of the graph that was judged; without it, the draft. */
  readonly version?: number | null | undefined
}

/** What may be done about a verdict, where its graph is not open: each step opens it, changes it and runs it. */
export function GraphSteps({ graph, verdict, node, version }: GraphStepsProps) {
  const mayEdit = useMayEdit()
  return mayEdit && graph && verdict ? (
    <Steps graph={graph} verdict={verdict} node={node} version={version ?? null} />
  ) : null
}

interface StepsProps {
  readonly graph: string
  readonly verdict: Judgement
  readonly node: string | undefined
  readonly version: number | null
}

function Steps({ graph, verdict, node, version }: StepsProps) {
  const navigate = useNavigate()
  const { data: draft } = useDraftNow(graph)
  const saved = useQuery({ ...versionQuery(graph, version ?? 0), enabled: version !== null })
  const { data: catalogue } = useCatalogue()
  const judgedDocument = version === null ? draft?.document : saved.data?.document
  const steps = useMemo(() => {
    if (!draft || !judgedDocument || !catalogue) return []
    const document = fromServer(judgedDocument)
    const judged = node ?? document.nodes.findLast(({ type }) => type === 'publish.deploy')?.id
    if (!judged) return []
    const found = nextSteps(document, indexCatalogue(catalogue.nodes.map(describe)), verdict, judged)
    const now = fromServer(draft.document)
    return found.filter((step) => isStillOpen(now, step))
  }, [draft, judgedDocument, catalogue, verdict, node])
  const take = (step: NextStep) =>
    step.kind === 'lookAtData'
      ? void navigate(`/data/${step.dataset}`)
      : void navigate(`/graphs/${graph}`, { state: { nextStep: step } })
  return <StepButtons steps={steps} onTake={take} />
}
