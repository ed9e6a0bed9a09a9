import { createContext, type ReactNode, useContext } from 'react'
import { useStore } from 'zustand'
import type { UiState, UiStore } from './createUiStore'

const UiContext = createContext<UiStore | null>(null)

export function UiProvider({ store, children }: { store: UiStore; children: ReactNode }) {
  return <UiContext value={store}>{children}</UiContext>
}

export function useUiStore(): UiStore {
  const store = useContext(UiContext)
  if (!store) throw new Error('This part of the editor stands outside a UiProvider.')
  return store
}

/** Read one thing about what is open and what is being done; none of it is part of the document. */
export function useUi<T>(selector: (state: UiState) => T): T {
  return useStore(useUiStore(), selector)
}
