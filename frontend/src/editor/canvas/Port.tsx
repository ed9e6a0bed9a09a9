import { Handle, Position } from '@xyflow/react'
import { memo } from 'react'
import { useWords } from '@/lib/useWords'
import { portKey } from '../graph/connect'
import type { PortDescription } from '../graph/types'
import { useUi } from '../store/UiContext'
import classes from './GraphNode.module.css'
import { handleId } from './handles'
import { PortGlyph } from './PortGlyph'

interface PortProps {
  readonly node: string
  readonly port: PortDescription
  readonly side: 'input' | 'output'
  readonly isFed?: boolean
}

export const Port = memo(function Port({ node, port, side, isFed = true }: PortProps) {
  const t = useWords('editor')
  const drag = useUi(({ legal }) =>
    legal === null ? 'none' : legal.has(portKey(node, side, port.name)) ? 'legal' : 'illegal',
  )
  const kind = t(`wire.${port.wire}`)
  return (
    <div
      className={classes.port}
      data-side={side}
      data-drag={drag}
      data-open={!isFed && !port.is_optional}
      title={t(side === 'input' ? 'canvas.inputTitle' : 'canvas.outputTitle', {
        name: port.label ?? port.name,
        kind,
      })}
    >
      <Handle
        type={side === 'input' ? 'target' : 'source'}
        position={side === 'input' ? Position.Left : Position.Right}
        id={handleId(side, port.name)}
        className={classes.handle}
        role="img"
        data-testid={`port-${node}-${side}-${port.name}`}
        aria-label={t(side === 'input' ? 'canvas.inputTitle' : 'canvas.outputTitle', {
          name: port.label ?? port.name,
          kind,
        })}
      >
        <PortGlyph kind={port.wire} />
      </Handle>
      <span className={classes.portName}>{port.label ?? port.name}</span>
    </div>
  )
})
