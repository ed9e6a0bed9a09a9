import { STATUS } from '@/ui'
import classes from './StatusIcon.module.css'
import type { NodeLook } from './status'

export function StatusIcon({ look, size = 16 }: { look: NodeLook; size?: number }) {
  const { icon: Picture, colour } = STATUS[look]
  return (
    <Picture
      size={size}
      stroke={2}
      aria-hidden
      className={classes.icon}
      data-spins={look === 'running'}
      style={{ color: colour }}
    />
  )
}
