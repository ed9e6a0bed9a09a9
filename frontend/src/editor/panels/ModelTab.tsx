import { ModelView } from '@/charts/ModelView'
import { modelIn } from '@/charts/outputs'
import { ErrorNotice, LoadingRows } from '@/ui'
import type { NodeDescription } from '../graph/types'
import type { RunActions } from '../useActions'
import { NextSteps } from './NextSteps'
import { NoResultYet } from './NoResultYet'
import { useNodeOutput } from './useNodeOutput'

interface ModelTabProps {
  readonly node: string
  readonly description: NodeDescription
  readonly run: RunActions
}

export function ModelTab({ node, description, run }: ModelTabProps) {
  const edge = description.outputs.some((port) => port.wire === 'model') ? 'model' : 'endpoint'
  const { query, isThere } = useNodeOutput(node, description, edge)
  if (!isThere) return <NoResultYet node={node} />
  if (query.error) return <ErrorNotice error={query.error} />
  if (!query.data) return <LoadingRows />
  const shown = modelIn(query.data)
  return (
    <>
      <NextSteps verdict={shown.verdict} node={node} run={run} />
      <ModelView model={shown} />
    </>
  )
}
