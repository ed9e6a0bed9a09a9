import { createContext, type ReactNode, useContext } from 'react'
import { useStore } from 'zustand'
import type { RunSlice, RunStore } from './createRunStore'

const RunContext = createContext<RunStore | null>(null)

export function RunProvider({ store, children }: { store: RunStore; children: ReactNode }) {
  return <RunContext value={store}>{children}</RunContext>
}

export function useRunStore(): RunStore {
  const store = useContext(RunContext)
  if (!store) throw new Error('This part of the page stands outside a RunProvider.')
  return store
}

export function useLive<T>(selector: (slice: RunSlice) => T): T {
  return useStore(useRunStore(), selector)
}
