import type { ReactNode } from 'react'
import { ErrorNotice } from './ErrorNotice'
import { LoadingRows } from './Loading'
import { Panel } from './Page'

type Answer<Item> = {
  data: { results: Item[] } | undefined
  error: Error | null
  refetch: () => unknown
}

export type ListingProps<Item> = {
  answer: Answer<Item>
  /** Shown when there is nothing in the list. */
  empty: ReactNode
  children: (items: Item[]) => ReactNode
}

/** A list in whatever state it is: on its way, failed, empty, or there. */
export function Listing<Item>({ answer, empty, children }: ListingProps<Item>) {
  const { data, error, refetch } = answer
  const notice = error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null
  if (!data && error) return notice
  return (
    <>
      {notice}
      <Panel isPadded={false}>
        {data ? null : <LoadingRows />}
        {data?.results.length === 0 ? empty : null}
        {data && data.results.length > 0 ? children(data.results) : null}
      </Panel>
    </>
  )
}
