import type { NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { useWords } from '@/lib/useWords'
import { useLive } from '@/live/RunContext'
import { isActive, type NodeRun } from '@/live/runState'
import { connectedInputsOf } from '../graph/read'
import type { NodeDescription, GraphNode as SavedNode } from '../graph/types'
import { iconOf } from '../icons'
import { isStale, type NodeAppearance, nodeAppearance, removalOf } from '../nodeAppearance'
import { type Problem, planAt } from '../store/check'
import { useEditor } from '../store/EditorContext'
import { useIsFull } from './detail'
import classes from './GraphNode.module.css'
import { KeyParams } from './KeyParams'
import { FrozenBadge, NodeBadges, RemovedBadge } from './NodeBadges'
import { NodeTitle } from './NodeTitle'
import { Port } from './Port'
import { StatusStrip } from './StatusStrip'
import { fieldsOfNode, shapeOf } from './shape'
import type { GraphCanvasNode } from './types'

const NO_PORTS = [] as const
/** Pixels from which on there is room for two lines of the largest title above the result. */
const TALL = 112

/** The one node of the canvas; what it shows comes from the catalogue. */
export const GraphNode = memo(function GraphNode({ data, selected }: NodeProps<GraphCanvasNode>) {
  const { node } = data
  const t = useWords('common')
  const isFull = useIsFull(node.id)
  const description = useEditor((state) => state.catalogue.find(node.type))
  const problems = useEditor((state) => state.check?.problemsOf[node.id])
  const runGeneration = useLive((slice) => slice.runGeneration)
  const planned = useEditor((state) => planAt(state.check, runGeneration)?.planOf[node.id])
  const run = useLive((slice) => slice.run?.nodes[node.id])
  const isRunActive = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const appearance = description ? nodeAppearance({ node, run, isRunActive, problems }) : 'failed'
  const isOld = !isRunActive && isStale(run, planned)

  return (
    <article
      className={classes.node}
      style={description && { height: shapeOf(node, description).measured.height }}
      data-testid={`node-${node.id}`}
      data-short={description !== undefined && shapeOf(node, description).measured.height < TALL}
      data-appearance={appearance}
      data-selected={selected}
      data-frozen={node.is_frozen}
      data-stale={isOld}
      data-removed={removalOf(run) !== null}
      aria-label={`${node.title || description?.title || node.type}: ${t(`status.${appearance}`)}`}
    >
      {isFull ? (
        <FullNode
          node={node}
          description={description}
          appearance={appearance}
          run={run}
          problems={problems}
          isStale={isOld}
        />
      ) : (
        <CompactNode title={node.title || description?.title || node.type} appearance={appearance} />
      )}
    </article>
  )
})

/** A node that is zoomed far out or not drawn in full yet: its title and the colour of its status. */
const CompactNode = memo(function CompactNode({
  title,
  appearance,
}: {
  title: string
  appearance: NodeAppearance
}) {
  return (
    <>
      <span className={classes.compactTitle}>{title}</span>
      <span className={classes.compactFoot} style={{ background: `var(--status-${appearance})` }} />
    </>
  )
})

interface FullNodeProps {
  readonly node: SavedNode
  readonly description: NodeDescription | undefined
  readonly appearance: NodeAppearance
  readonly run: NodeRun | undefined
  readonly problems: readonly Problem[] | undefined
  readonly isStale: boolean
}

const FullNode = memo(function FullNode({
  node,
  description,
  appearance,
  run,
  problems,
  isStale: isOld,
}: FullNodeProps) {
  const t = useWords('editor')
  const fed = useEditor((state) => connectedInputsOf(state.document, node.id))
  const Icon = iconOf(description)
  const removedAt = removalOf(run)
  const fedPorts = fed.split(' ')
  return (
    <>
      <NodeBadges problems={problems} />
      {node.is_frozen && <FrozenBadge />}
      {!node.is_frozen && removedAt && <RemovedBadge at={removedAt} />}
      <header className={classes.header}>
        <span className={classes.icon}>
          <Icon size={18} stroke={1.6} aria-hidden />
        </span>
        <NodeTitle
          node={node}
          fallback={description?.title ?? node.type}
          serve={description?.serve ?? 'none'}
        />
      </header>
      {description ? (
        <KeyParams fields={fieldsOfNode(description)} params={node.params} />
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
      <StatusStrip appearance={appearance} run={run} problems={problems} isStale={isOld} />
    </>
  )
})
