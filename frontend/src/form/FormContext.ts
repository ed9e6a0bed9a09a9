import { createContext, useContext } from 'react'
import type { Column } from '@/contracts'

/** What the fields of a form know of the graph and of the workspace. */
export interface FormContextValue {
  /** Columns that arrive at an input; `isOpen`: more may come that cannot be named before the run. */
  readonly columnsAt: (input: string) => { readonly columns: readonly Column[]; readonly isOpen: boolean }
  readonly datasets: readonly { readonly value: string; readonly label: string }[]
}

export const EMPTY_FORM_CONTEXT: FormContextValue = {
  columnsAt: () => ({ columns: [], isOpen: true }),
  datasets: [],
}

export const FormContext = createContext<FormContextValue>(EMPTY_FORM_CONTEXT)

export function useFormContext(): FormContextValue {
  return useContext(FormContext)
}
