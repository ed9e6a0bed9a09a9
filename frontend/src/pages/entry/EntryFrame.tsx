import type { ReactNode } from 'react'
import { Mark } from '@/shell/Logo'
import styles from './EntryFrame.module.css'

/** The quiet box in the middle of the page that people meet before they are signed in. */
export function EntryFrame({
  title,
  text,
  children,
}: {
  title: string
  text?: string
  children?: ReactNode
}) {
  return (
    <main className={styles.frame}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <Mark size={24} />
          <span>LeptonWeb</span>
        </div>
        <h1 className={styles.title}>{title}</h1>
        {text ? <p className={styles.text}>{text}</p> : null}
        {children}
      </div>
    </main>
  )
}
