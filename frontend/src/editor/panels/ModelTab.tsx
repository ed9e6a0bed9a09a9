import { ModelView } from '@/charts/ModelView'
import { modelIn } from '@/charts/outputs'
import { ErrorNotice, LoadingRows } from '@/ui'
import type { NodeDescription } from '../graph/types'
import { NothingYet } from './NothingYet'
import { useNodeOutput } from './useNodeOutput'

export function ModelTab({ node, description }: { node: string; description: NodeDescription }) {
  const wire = description.outputs.some((port) => port.wire === 'model') ? 'model' : 'endpoint'
  const { query, isThere } = useNodeOutput(node, description, wire)
  if (!isThere) return <NothingYet node={node} />
  if (query.error) return <ErrorNotice error={query.error} />
  return query.data ? <ModelView model={modelIn(query.data)} /> : <LoadingRows />
}
