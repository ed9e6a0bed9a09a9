import { memo } from 'react'
import { brief, currentValue, type Field, keyFields, labelOf, titleOf } from '@/form/schema'
import { useWords } from '@/lib/useWords'
import type { Params } from '../graph/types'
import { useDatasetName } from '../useDatasetName'
import classes from './GraphNode.module.css'

/** The two parameters that say most about the node. */
export const KeyParams = memo(function KeyParams({
  fields,
  params,
}: {
  fields: readonly Field[]
  params: Params
}) {
  const shown = keyFields(fields, params)
  if (shown.length === 0) return null
  return (
    <dl className={classes.params}>
      {shown.map((field) => (
        <div key={field.name} className={classes.param}>
          <dt>{titleOf(field)}</dt>
          <dd>
            <Shown field={field} params={params} />
          </dd>
        </div>
      ))}
    </dl>
  )
})

function Shown({ field, params }: { field: Field; params: Params }) {
  const t = useWords('editor')
  const value = currentValue(field, params)
  if (field.kind === 'dataset') return <DatasetName id={String(value)} />
  if (field.kind === 'switch') return t(value === true ? 'form.yes' : 'form.no')
  return field.kind === 'choice' ? labelOf(value, field.schema) : brief(value)
}

function DatasetName({ id }: { id: string }) {
  return <>{useDatasetName(id)}</>
}
