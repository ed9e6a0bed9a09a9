import { Pagination, VisuallyHidden } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { CSSProperties, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import styles from './Table.module.css'
import { type ListState, nextOrder } from './useListState'

/** `order`: the name by which the server orders the list by this column. */
type Header = string | { text: string; isNumeric?: boolean; order?: string }

export type TableProps = {
  label: string
  headers: readonly Header[]
  /** The list that is ordered by a press on the head of a column. */
  state?: Pick<ListState, 'order' | 'setOrder'>
  children: ReactNode
}

/** Headings for where the table has no room for its head: quoted strings that the style sheet puts before cells. */
function headingsOf(headers: readonly Header[]): CSSProperties {
  const texts = headers.map((header) => (typeof header === 'string' ? header : header.text))
  return Object.fromEntries(texts.map((text, index) => [`--heading-${index + 1}`, JSON.stringify(text)]))
}

type Way = 'ascending' | 'descending' | 'none'

function wayOf(order: string, column: string): Way {
  if (order === column) return 'ascending'
  return order === `-${column}` ? 'descending' : 'none'
}

function OrderButton({ text, way, onPress }: { text: string; way: Way | undefined; onPress: () => void }) {
  const Icon = way === 'descending' ? IconArrowDown : IconArrowUp
  return (
    <button type="button" className={styles.order} data-way={way} onClick={onPress}>
      {text}
      <Icon size={12} stroke={2} aria-hidden />
    </button>
  )
}

/** A list of things as rows. Cells with `data-numeric` stand to the right. */
export function Table({ label, headers, state, children }: TableProps) {
  const { t } = useTranslation()
  return (
    <div className={styles.scroller}>
      <table className={styles.table} aria-label={label} style={headingsOf(headers)}>
        <thead>
          <tr>
            {headers.map((header) => {
              const {
                text,
                isNumeric = false,
                order = '',
              } = typeof header === 'string' ? { text: header } : header
              const way = order ? wayOf(state?.order ?? '', order) : undefined
              return (
                <th key={text} scope="col" data-numeric={isNumeric || undefined} aria-sort={way}>
                  {order && state ? (
                    <OrderButton
                      text={text}
                      way={way}
                      onPress={() => state.setOrder(nextOrder(state.order, order))}
                    />
                  ) : (
                    text || <VisuallyHidden>{t('list.actions')}</VisuallyHidden>
                  )}
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
