import { useState } from 'react'

/** Which part of a list is looked at, and in which order: a page of what was searched for. */
export interface ListState {
  readonly page: number
  readonly search: string
  /** A column by its name at the server, with `-` in front for the other way round; empty for the list's own order. */
  readonly order: string
  readonly setPage: (page: number) => void
  readonly setSearch: (search: string) => void
  readonly setOrder: (order: string) => void
}

/** Another search or order begins at its first page. */
export function useListState(): ListState {
  const [state, setState] = useState({ page: 1, search: '', order: '' })
  return {
    ...state,
    setPage: (page) => setState((before) => ({ ...before, page })),
    setSearch: (search) => setState((before) => ({ ...before, page: 1, search })),
    setOrder: (order) => setState((before) => ({ ...before, page: 1, order })),
  }
}

/** What a press on the head of a column asks for: upwards, downwards, the list's own order again. */
export function nextOrder(order: string, column: string): string {
  if (order === column) return `-${column}`
  return order === `-${column}` ? '' : column
}
