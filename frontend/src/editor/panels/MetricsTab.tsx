import { MetricsView } from '@/charts/MetricsView'
import { metricsIn } from '@/charts/outputs'
import { ErrorNotice, LoadingRows } from '@/ui'
import type { NodeDescription } from '../graph/types'
import type { RunActions } from '../useActions'
import { NextSteps } from './NextSteps'
import { NoResultYet } from './NoResultYet'
import { useNodeOutput } from './useNodeOutput'

interface MetricsTabProps {
  readonly node: string
  readonly description: NodeDescription
  readonly run: RunActions
}

export function MetricsTab({ node, description, run }: MetricsTabProps) {
  const { query, isThere } = useNodeOutput(node, description, 'metrics')
  if (!isThere) return <NoResultYet node={node} />
  if (query.error) return <ErrorNotice error={query.error} />
  if (!query.data) return <LoadingRows />
  const shown = metricsIn(query.data)
  return (
    <>
      <NextSteps verdict={shown.verdict} node={node} run={run} />
      <MetricsView metrics={shown} />
    </>
  )
}
