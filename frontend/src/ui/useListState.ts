import { useState } from 'react'

/** Which part of a list is looked at: a page of what was searched for. Another search begins at its first page. */
export function useListState() {
  const [{ page, search }, setState] = useState({ page: 1, search: '' })
  return {
    page,
    search,
    setPage: (next: number) => setState((before) => ({ ...before, page: next })),
    setSearch: (next: string) => setState({ page: 1, search: next }),
  }
}
