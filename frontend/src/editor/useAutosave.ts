import { useCallback, useEffect, useRef } from 'react'
import { ApiError } from '@/api/errors'
import { useSaveDraft } from '@/api/graphs'
import type { GraphDocument } from './graph/types'
import { fromServer, toServer } from './server'
import { isDirty } from './store/createEditorStore'
import { useEditorStore } from './store/EditorContext'

const PAUSE_MS = 800
const RETRY_MS = 5000

/**
 * Keeps the draft on the server in step with the document. One save at a time; a draft that somebody else changed is
 * never written over: the person is asked. Returns a function that saves now and resolves when nothing is left to save.
 */
export function useAutosave(graphId: string, isAllowed: boolean): () => Promise<boolean> {
  const editor = useEditorStore()
  const { mutateAsync } = useSaveDraft(graphId)
  const running = useRef<Promise<boolean> | null>(null)

  const saveOnce = useCallback(async (): Promise<boolean> => {
    const { document, saved, saving, markSaved, savingFailed, conflicted } = editor.getState()
    saving()
    try {
      const answer = await mutateAsync({ document: toServer(document), revision: saved.revision })
      markSaved({ document, revision: answer.revision, savedAt: answer.saved_at })
      return true
    } catch (error) {
      const conflict = conflictIn(error)
      if (conflict) conflicted(conflict)
      else savingFailed(error instanceof Error ? error.message : String(error))
      return false
    }
  }, [editor, mutateAsync])

  const flush = useCallback(async (): Promise<boolean> => {
    while (running.current) await running.current
    if (!isAllowed || editor.getState().saveState.kind === 'conflict') return false
    if (!isDirty(editor.getState())) return true
    running.current = saveOnce()
    const isSaved = await running.current
    running.current = null
    return isSaved ? flush() : false
  }, [editor, isAllowed, saveOnce])

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const plan = (delay: number) => {
      clearTimeout(timer)
      timer = setTimeout(
        () => void flush().then((isSaved) => !isSaved && isDirty(editor.getState()) && plan(RETRY_MS)),
        delay,
      )
    }
    const stop = editor.subscribe((state, before) => {
      const isNews = state.document !== before.document || state.saved !== before.saved
      if (isNews && isDirty(state)) plan(PAUSE_MS)
    })
    const leave = (event: BeforeUnloadEvent) => {
      if (!isDirty(editor.getState()) || !isAllowed) return
      void flush()
      event.preventDefault()
    }
    window.addEventListener('beforeunload', leave)
    return () => {
      stop()
      clearTimeout(timer)
      window.removeEventListener('beforeunload', leave)
      void flush()
    }
  }, [editor, flush, isAllowed])

  return flush
}

interface ConflictBody {
  readonly document: GraphDocument
  readonly revision: number
  readonly saved_at: string
  readonly saved_by?: string | null
}

function conflictIn(error: unknown) {
  if (!(error instanceof ApiError) || error.status !== 409) return null
  const body = error.body as ConflictBody
  return {
    theirs: { document: fromServer(body.document), revision: body.revision, savedAt: body.saved_at },
    savedBy: body.saved_by ?? '',
  }
}
