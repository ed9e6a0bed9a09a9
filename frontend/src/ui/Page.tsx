import { Skeleton, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorNotice, type ErrorNoticeProps } from './ErrorNotice'
import { LoadingRows } from './Loading'
import styles from './Page.module.css'

export type PageProps = {
  title: ReactNode
  /** One quiet line under the title. */
  subtitle?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A screen that scrolls: title, what can be done here, content. */
export function Page({ title, subtitle, actions, children }: PageProps) {
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.titles}>
          <h1 className={styles.title}>{title}</h1>
          {subtitle ? <div className={styles.subtitle}>{subtitle}</div> : null}
        </div>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}

export type SectionProps = { title?: ReactNode; aside?: ReactNode; children: ReactNode }

/** One part of a page under a small heading. */
export function Section({ title, aside, children }: SectionProps) {
  return (
    <section className={styles.section}>
      {title ? (
        <div className={styles.heading}>
          <h2 className={styles.sectionTitle}>{title}</h2>
          {aside}
        </div>
      ) : null}
      {children}
    </section>
  )
}

/** A quiet box that holds a list, a form or a figure. */
export function Panel({ children, isPadded = true }: { children: ReactNode; isPadded?: boolean }) {
  return <div className={isPadded ? `${styles.panel} ${styles.padded}` : styles.panel}>{children}</div>
}

/** Keeps the place of a page until what it shows has come. */
export function LoadingPage() {
  const { t } = useTranslation()
  return (
    <div className={styles.page} aria-busy="true">
      <VisuallyHidden component="h1">{t('list.loading')}</VisuallyHidden>
      <Skeleton height={28} width="min(320px, 70%)" />
      <Panel isPadded={false}>
        <LoadingRows />
      </Panel>
    </div>
  )
}

/** In the place of a page that could not be fetched. */
export function FailedPage(notice: ErrorNoticeProps) {
  return (
    <div className={styles.page}>
      <ErrorNotice {...notice} />
    </div>
  )
}
