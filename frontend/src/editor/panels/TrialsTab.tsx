import { studyIn } from '@/charts/outputs'
import { TrialTable } from '@/charts/TrialTable'
import { useLive } from '@/live/RunContext'
import type { NodeDescription } from '../graph/types'
import { NoResultYet } from './NoResultYet'
import { useLearnerFields } from './useLearnerFields'
import { useNodeOutput } from './useNodeOutput'

/** While the search goes on the trials come as events; afterwards the study itself says all. */
export function TrialsTab({ node, description }: { node: string; description: NodeDescription }) {
  const live = useLive((slice) => slice.run?.nodes[node]?.trials)
  const { query } = useNodeOutput(node, description, 'study')
  const study = query.data ? studyIn(query.data) : null
  const fields = useLearnerFields(node)
  const trials = study?.trials ?? live ?? []
  return trials.length === 0 ? (
    <NoResultYet node={node} />
  ) : (
    <TrialTable trials={trials} metric={study?.metric ?? ''} fields={fields} />
  )
}
