import {
  BaseEdge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  getSmoothStepPath,
  useStore,
} from '@xyflow/react'
import { memo, useState } from 'react'
import { useWords } from '@/lib/useWords'
import { useLive } from '@/live/RunContext'
import classes from './GraphEdge.module.css'
import { portOf } from './handles'
import { lanePath } from './lanes'
import type { CanvasEdge } from './types'

/** An edge in the colour of what it carries; pointing at it tells how much went through. */
export const GraphEdge = memo(function GraphEdge(props: EdgeProps<CanvasEdge>) {
  const t = useWords('editor')
  const [isHovered, setHovered] = useState(false)
  const output = useLive((slice) => slice.run?.nodes[props.source]?.outputs[portOf(props.sourceHandleId)])
  const isFlowing = useLive((slice) => slice.run?.nodes[props.target]?.state === 'running')
  const [path, x, y] = pathOf(props)
  const kind = props.data?.kind ?? 'table'
  const { rows, columns } = (output?.summary ?? {}) as { rows?: number; columns?: number }
  const peek =
    rows !== undefined && columns !== undefined
      ? t('canvas.wireSize', { rows: rows.toLocaleString(), columns })
      : t(`wire.${kind}`)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the same numbers stand in the inspector
    <g
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      data-testid={`edge-${props.id}`}
    >
      <BaseEdge
        path={path}
        interactionWidth={18}
        className={classes.edge ?? ''}
        data-selected={props.selected}
        data-flowing={isFlowing}
        style={{ stroke: `var(--kind-${kind})` }}
      />
      {isHovered && (
        <EdgeLabelRenderer>
          <Peek x={x} y={y} text={peek} />
        </EdgeLabelRenderer>
      )}
    </g>
  )
})

/** The way of an edge: around nodes, back to the next row at right angles, which cross no node between, or in one curve. */
function pathOf(props: EdgeProps<CanvasEdge>): readonly [path: string, x: number, y: number, ...unknown[]] {
  const { sourceX, sourceY, targetX, targetY, data } = props
  if (data?.lane !== undefined)
    return lanePath({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, data.lane)
  return targetX < sourceX ? getSmoothStepPath({ ...props, borderRadius: 16 }) : getBezierPath(props)
}

/** Above the nodes, and as large on the screen as at full size however far away one stands. */
function Peek({ x, y, text }: { x: number; y: number; text: string }) {
  const zoom = useStore((state) => state.transform[2])
  const scale = Math.max(1, 1 / zoom)
  return (
    <div
      className={classes.peek}
      style={{ transform: `translate(${x}px, ${y}px) scale(${scale}) translate(-50%, -50%)` }}
      data-testid="edge-peek"
    >
      {text}
    </div>
  )
}
