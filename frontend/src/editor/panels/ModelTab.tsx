import { ModelView } from '@/charts/ModelView'
import { modelIn } from '@/charts/outputs'
import { ErrorNotice, LoadingRows } from '@/ui'
import type { NodeDescription } from '../graph/types'
import { NoResultYet } from './NoResultYet'
import { useNodeOutput } from './useNodeOutput'

export function ModelTab({ node, description }: { node: string; description: NodeDescription }) {
  const edge = description.outputs.some((port) => port.wire === 'model') ? 'model' : 'endpoint'
  const { query, isThere } = useNodeOutput(node, description, edge)
  if (!isThere) return <NoResultYet node={node} />
  if (query.error) return <ErrorNotice error={query.error} />
  return query.data ? <ModelView model={modelIn(query.data)} /> : <LoadingRows />
}
