import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OutputTable } from '@/charts/OutputTable'
import type { Column } from '@/contracts'
import { useLive } from '@/live/RunContext'
import type { GraphNode, NodeDescription } from '../graph/types'
import { removalOf } from '../nodeAppearance'
import { useEditor } from '../store/EditorContext'
import classes from './Inspector.module.css'
import { NoResultYet } from './NoResultYet'
import { useRemovedResult } from './useRemovedResult'

interface Place {
  readonly key: string
  readonly node: string
  readonly port: string
}

/** Rows that came out, or went in; before a run, the columns that are already known. */
export function DataTab({ node, description }: { node: GraphNode; description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const edges = useEditor((state) => state.document.edges)
  const places: readonly Place[] = [
    ...description.outputs
      .filter((port) => port.wire === 'table')
      .map((port) => ({
        key: t('inspector.outOf', { port: port.label ?? port.name }),
        node: node.id,
        port: port.name,
      })),
    ...edges
      .filter((edge) => edge.target === node.id)
      .filter((edge) =>
        description.inputs.some((port) => port.name === edge.target_port && port.wire === 'table'),
      )
      .map((edge) => ({
        key: t('inspector.into', { port: edge.target_port }),
        node: edge.source,
        port: edge.source_port,
      })),
  ]
  const [chosen, setChosen] = useState('')
  const place = places.find((candidate) => candidate.key === chosen) ?? places[0]
  if (!place) return <p className={classes.note}>{t('inspector.noTable')}</p>
  return (
    <>
      {places.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          mb="sm"
          data={places.map(({ key }) => key)}
          value={place.key}
          onChange={setChosen}
        />
      )}
      <TableAt place={place} />
    </>
  )
}

function TableAt({ place }: { place: Place }) {
  const run = useLive((slice) => slice.run?.id ?? '')
  const address = useLive((slice) => slice.run?.nodes[place.node]?.outputs[place.port]?.address)
  const isRemoved = useLive((slice) => removalOf(slice.run?.nodes[place.node]) !== null)
  const [error, setError] = useState<unknown>(null)
  useRemovedResult(place.node, error)
  if (isRemoved) return <NoResultYet node={place.node} />
  return address ? (
    <OutputTable
      key={address}
      run={run}
      node={place.node}
      port={place.port}
      height="calc(100vh - 320px)"
      onError={setError}
    />
  ) : (
    <KnownColumns place={place} />
  )
}

function KnownColumns({ place }: { place: Place }) {
  const { t } = useTranslation('editor')
  const schema = useEditor((state) => state.check?.schemas[place.node]?.[place.port])
  if (!schema) return <p className={classes.note}>{t('inspector.notRun')}</p>
  return (
    <>
      <p className={classes.note}>
        {t(schema.is_open ? 'inspector.columnsOpen' : 'inspector.columnsKnown', {
          count: schema.columns.length,
        })}
      </p>
      <table className={classes.numbers}>
        <tbody>
          {schema.columns.map((column: Column) => (
            <tr key={column.name}>
              <th>{column.name}</th>
              <td>
                {t(`common:type.${column.type}`)}
                {column.role !== 'feature' && ` · ${t(`common:columnRole.${column.role}`)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
