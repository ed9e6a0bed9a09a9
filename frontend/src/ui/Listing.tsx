import { IconSearchOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from './EmptyState'
import { ErrorNotice } from './ErrorNotice'
import { LoadingRows } from './Loading'
import { Panel } from './Page'
import { SearchField } from './SearchField'
import styles from './SearchField.module.css'
import { Pager } from './Table'
import type { ListState } from './useListState'

const SEARCHABLE_FROM = 10

type Answer<Item> = {
  data: { results: Item[]; count: number } | undefined
  error: Error | null
  refetch: () => unknown
}

export type ListingProps<Item> = {
  answer: Answer<Item>
  /** Which part of the list is looked at. */
  state: Pick<ListState, 'page' | 'search' | 'setPage' | 'setSearch'>
  /** A choice of which rows are listed, beside the search; `isOn` while it leaves some out. */
  filter?: { isOn: boolean; field: ReactNode }
  /** Shown when there is nothing in the list. */
  empty: ReactNode
  children: (items: Item[]) => ReactNode
}

/** A list in whatever state it is: on its way, failed, empty, or there; a long one is searched and paged. */
export function Listing<Item>({ answer, state, filter, empty, children }: ListingProps<Item>) {
  const { t } = useTranslation()
  const { data, error, refetch } = answer
  const notice = error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null
  const isSearched = state.search !== ''
  const isLong = isSearched || (data !== undefined && data.count >= SEARCHABLE_FROM)
  const isFiltered = filter?.isOn ?? false
  const found = isSearched ? t('list.nothingFound', { words: state.search }) : t('list.nothingSuch')
  const nothing = isSearched || isFiltered ? <EmptyState icon={IconSearchOff} title={found} /> : empty
  if (!data && error) return notice
  return (
    <>
      {notice}
      {isLong || isFiltered ? (
        <div className={styles.tools}>
          <SearchField onSearch={state.setSearch} />
          {filter?.field}
        </div>
      ) : null}
      <Panel isPadded={false}>
        {data ? null : <LoadingRows />}
        {data?.results.length === 0 ? nothing : null}
        {data && data.results.length > 0 ? children(data.results) : null}
      </Panel>
      <Pager page={state.page} count={data?.count ?? 0} onChange={state.setPage} />
    </>
  )
}
