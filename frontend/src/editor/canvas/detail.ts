import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'

/**
 * Which nodes are drawn in full. In a large graph the others are blocks of two elements, so that a graph of hundreds
 * opens at once; each node listens for itself alone.
 */
export interface Detail {
  readonly isFull: (id: string) => boolean
  readonly subscribe: (id: string, listener: () => void) => () => void
  /** Draw every node in full, or only those named by `show`. */
  readonly showAll: (isAll: boolean) => void
  readonly show: (ids: readonly string[]) => void
  readonly hide: (ids: readonly string[]) => void
  readonly shown: () => ReadonlySet<string>
}

export function createDetail(isAll: boolean): Detail {
  const full = new Set<string>()
  const listeners = new Map<string, Set<() => void>>()
  let all = isAll
  const tell = (ids: Iterable<string>) => {
    for (const id of ids) for (const listener of listeners.get(id) ?? []) listener()
  }
  return {
    isFull: (id) => all || full.has(id),
    subscribe: (id, listener) => {
      const own = listeners.get(id) ?? new Set()
      listeners.set(id, own.add(listener))
      return () => {
        own.delete(listener)
        if (own.size === 0) listeners.delete(id)
      }
    },
    showAll: (now) => {
      if (now === all) return
      all = now
      tell([...listeners.keys()])
    },
    show: (ids) => {
      for (const id of ids) full.add(id)
      tell(ids)
    },
    hide: (ids) => {
      for (const id of ids) full.delete(id)
      tell(ids)
    },
    shown: () => full,
  }
}

export const DetailContext = createContext<Detail>(createDetail(true))

export function useIsFull(id: string): boolean {
  const detail = useContext(DetailContext)
  const subscribe = useCallback((listener: () => void) => detail.subscribe(id, listener), [detail, id])
  return useSyncExternalStore(subscribe, () => detail.isFull(id))
}
