import { useCallback, useEffect } from 'react'
import { useCheck } from '@/api/graphs'
import { useLive } from '@/live/RunContext'
import type { GraphDocument } from './graph/types'
import { checkFrom, toServer } from './server'
import { useEditor, useEditorStore } from './store/EditorContext'

const PAUSE_MS = 250

/** Asks the server about every change that matters: faults, columns, and what a run would take. */
export function useChecks(graphId: string): void {
  const editor = useEditorStore()
  const { mutateAsync } = useCheck(graphId)
  const meaning = useEditor((state) => meaningOf(state.document))
  const runGeneration = useLive((slice) => slice.runGeneration)

  const ask = useCallback(
    async (signal: AbortSignal) => {
      try {
        const check = await mutateAsync({ document: toServer(editor.getState().document), signal })
        if (!signal.aborted) editor.getState().checked(checkFrom(check), runGeneration)
      } catch {
        // An unanswered question keeps the former answer on show; the next change asks again.
      }
    },
    [editor, runGeneration, mutateAsync],
  )

  // A run that ended changes what is cached, so a new generation checks again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the meaning is read through the store
  useEffect(() => {
    const asking = new AbortController()
    const timer = setTimeout(() => void ask(asking.signal), PAUSE_MS)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [ask, meaning])
}

const known = new WeakMap<GraphDocument, string>()

/** What a document means: everything but places and titles. Equal text, equal answer. */
function meaningOf(document: GraphDocument): string {
  const old = known.get(document)
  if (old !== undefined) return old
  const nodes = document.nodes.map(({ id, type, version, params, is_disabled, is_frozen }) => [
    id,
    type,
    version,
    params,
    is_disabled,
    is_frozen,
  ])
  const text = JSON.stringify([nodes, document.edges, document.seed])
  known.set(document, text)
  return text
}
