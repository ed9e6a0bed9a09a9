import { createContext, useContext } from 'react'
import type { Column } from '@/contracts'

/** What fields may ask about the world around the node. */
export interface FormWorld {
  /** Columns that arrive at an input; `isOpen`: more may come that cannot be named before the run. */
  readonly columnsAt: (input: string) => { readonly columns: readonly Column[]; readonly isOpen: boolean }
  readonly datasets: readonly { readonly value: string; readonly label: string }[]
}

export const EMPTY_WORLD: FormWorld = {
  columnsAt: () => ({ columns: [], isOpen: true }),
  datasets: [],
}

export const FormContext = createContext<FormWorld>(EMPTY_WORLD)

export function useFormWorld(): FormWorld {
  return useContext(FormContext)
}
