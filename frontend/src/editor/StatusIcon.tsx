import { STATUS } from '@/ui'
import type { NodeAppearance } from './nodeAppearance'
import classes from './StatusIcon.module.css'

export function StatusIcon({ appearance, size = 16 }: { appearance: NodeAppearance; size?: number }) {
  const { icon: Picture, colour } = STATUS[appearance]
  return (
    <Picture
      size={size}
      stroke={2}
      aria-hidden
      className={classes.icon}
      data-spins={appearance === 'running'}
      style={{ color: colour }}
    />
  )
}
