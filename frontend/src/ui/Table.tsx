import { Pagination, VisuallyHidden } from '@mantine/core'
import type { CSSProperties, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import styles from './Table.module.css'

type Header = string | { text: string; isNumeric?: boolean }

export type TableProps = { label: string; headers: readonly Header[]; children: ReactNode }

/** Headings for where the table has no room for its head: quoted strings that the style sheet puts before cells. */
function headingsOf(headers: readonly Header[]): CSSProperties {
  const texts = headers.map((header) => (typeof header === 'string' ? header : header.text))
  return Object.fromEntries(texts.map((text, index) => [`--heading-${index + 1}`, JSON.stringify(text)]))
}

/** A list of things as rows. Cells with `data-numeric` stand to the right. */
export function Table({ label, headers, children }: TableProps) {
  const { t } = useTranslation()
  return (
    <div className={styles.scroller}>
      <table className={styles.table} aria-label={label} style={headingsOf(headers)}>
        <thead>
          <tr>
            {headers.map((header) => {
              const { text, isNumeric = false } = typeof header === 'string' ? { text: header } : header
              return (
                <th key={text} scope="col" data-numeric={isNumeric || undefined}>
                  {text || <VisuallyHidden>{t('list.actions')}</VisuallyHidden>}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

/** The link of a row: the whole row can be pressed. The row must be the nearest positioned parent. */
export function TableLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={styles.link}>
      {children}
    </Link>
  )
}

export type PagerProps = { page: number; count: number; pageSize?: number; onChange: (page: number) => void }

/** Pages of a list; nothing when one page holds it all. */
export function Pager({ page, count, pageSize = 50, onChange }: PagerProps) {
  const total = Math.ceil(count / pageSize)
  return total > 1 ? <Pagination size="sm" value={page} total={total} onChange={onChange} /> : null
}
