import { MetricsView } from '@/charts/MetricsView'
import { metricsIn } from '@/charts/outputs'
import { ErrorNotice, LoadingRows } from '@/ui'
import type { NodeDescription } from '../graph/types'
import { NoResultYet } from './NoResultYet'
import { useNodeOutput } from './useNodeOutput'

export function MetricsTab({ node, description }: { node: string; description: NodeDescription }) {
  const { query, isThere } = useNodeOutput(node, description, 'metrics')
  if (!isThere) return <NoResultYet node={node} />
  if (query.error) return <ErrorNotice error={query.error} />
  return query.data ? <MetricsView metrics={metricsIn(query.data)} /> : <LoadingRows />
}
