import type { NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { type Field, fieldsOf } from '@/form/schema'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { fedInputsOf } from '../graph/read'
import type { NodeDescription } from '../graph/types'
import { iconOf } from '../icons'
import { isStale, lookOf } from '../status'
import { planAt } from '../store/check'
import { useEditor } from '../store/EditorContext'
import classes from './GraphNode.module.css'
import { KeyParams } from './KeyParams'
import { FrozenBadge, NodeBadges } from './NodeBadges'
import { NodeTitle } from './NodeTitle'
import { Port } from './Port'
import { StatusStrip } from './StatusStrip'
import type { GraphCanvasNode } from './types'

const NO_PORTS = [] as const
const NO_FIELDS: readonly Field[] = []
const known = new WeakMap<NodeDescription, readonly Field[]>()

/** The fields of a kind of node, read once for all nodes of that kind. */
function fieldsOfNode(description: NodeDescription): readonly Field[] {
  const fields = known.get(description) ?? fieldsOf(description.params, description.defaults)
  known.set(description, fields)
  return fields
}

/** The one node of the canvas; what it shows comes from the catalogue. */
export const GraphNode = memo(function GraphNode({ data, selected }: NodeProps<GraphCanvasNode>) {
  const { node } = data
  const { t } = useTranslation('editor')
  const description = useEditor((state) => state.catalogue.find(node.type))
  const problems = useEditor((state) => state.check?.problemsOf[node.id])
  const era = useLive((slice) => slice.era)
  const planned = useEditor((state) => planAt(state.check, era)?.planOf[node.id])
  const fed = useEditor((state) => fedInputsOf(state.document, node.id))
  const run = useLive((slice) => slice.run?.nodes[node.id])
  const isRunActive = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const fields = description ? fieldsOfNode(description) : NO_FIELDS
  const look = description ? lookOf({ node, run, isRunActive, problems }) : 'failed'
  const Icon = iconOf(description?.icon ?? '', description?.group ?? '')
  const fedPorts = fed.split(' ')

  return (
    <article
      className={classes.node}
      data-testid={`node-${node.id}`}
      data-look={look}
      data-selected={selected}
      data-frozen={node.is_frozen}
      data-stale={!isRunActive && isStale(run, planned)}
      aria-label={`${node.title || description?.title || node.type}: ${t(`common:status.${look}`)}`}
    >
      <NodeBadges problems={problems} />
      {node.is_frozen && <FrozenBadge />}
      <header className={classes.header}>
        <span className={classes.icon}>
          <Icon size={18} stroke={1.6} aria-hidden />
        </span>
        <NodeTitle node={node} fallback={description?.title ?? node.type} serve={description?.serve ?? '-'} />
      </header>
      {description ? (
        <KeyParams fields={fields} params={node.params} />
      ) : (
        <p className={classes.unknown}>{t('canvas.unknownNode', { type: node.type })}</p>
      )}
      <div className={classes.ports}>
        <div className={classes.portColumn}>
          {(description?.inputs ?? NO_PORTS).map((port) => (
            <Port
              key={port.name}
              node={node.id}
              port={port}
              side="input"
              isFed={fedPorts.includes(port.name)}
            />
          ))}
        </div>
        <div className={classes.portColumn} data-side="output">
          {(description?.outputs ?? NO_PORTS).map((port) => (
            <Port key={port.name} node={node.id} port={port} side="output" />
          ))}
        </div>
      </div>
      <StatusStrip
        look={look}
        run={run}
        problems={problems}
        isStale={!isRunActive && isStale(run, planned)}
      />
    </article>
  )
})
