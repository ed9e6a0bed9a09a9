import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import styles from './EmptyState.module.css'

export type EmptyStateProps = {
  icon: Icon
  title: string
  /** Whether it is all there is on the screen, whose heading its title is then. */
  isScreen?: boolean
  /** What to do next, in one or two sentences. */
  children?: ReactNode
  action?: ReactNode
}

/** What a place says while it has nothing to show: what would be here and how to get it. */
export function EmptyState({ icon: Icon, title, isScreen = false, children, action }: EmptyStateProps) {
  const Title = isScreen ? 'h1' : 'p'
  return (
    <div className={styles.empty}>
      <Icon size={28} stroke={1.5} aria-hidden className={styles.icon} />
      <Title className={styles.title}>{title}</Title>
      {children ? <div className={styles.text}>{children}</div> : null}
      {action ? <div className={styles.action}>{action}</div> : null}
    </div>
  )
}
