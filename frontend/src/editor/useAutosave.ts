import { notifications } from '@mantine/notifications'
import { useCallback, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useSaveDraft } from '@/api/graphs'
import { errorMessage } from '@/lib/errorMessage'
import { sameJson } from '@/lib/sameJson'
import type { GraphDocument } from './graph/types'
import { fromServer, toServer } from './server'
import { isDirty } from './store/createEditorStore'
import { useEditorStore } from './store/EditorContext'

const PAUSE_MS = 800
const RETRY_MS = 5000

/**
 * Keeps the draft on the server in step with the document. One save at a time; a draft that somebody else changed is
 * never written over: the person is asked. Returns a function that saves now and resolves to whether nothing is left to
 * save; when the server cannot be reached it says so.
 */
export function useAutosave(graphId: string, isAllowed: boolean): () => Promise<boolean> {
  const editor = useEditorStore()
  const { mutateAsync } = useSaveDraft(graphId)
  const running = useRef<Promise<boolean> | null>(null)
  // Sent, and perhaps kept by a server whose answer never came.
  const unanswered = useRef<GraphDocument | null>(null)
  const { t } = useTranslation('editor')

  const saveOnce = useCallback(async (): Promise<boolean> => {
    const { document, saved, saving, markSaved, savingFailed, conflicted } = editor.getState()
    saving()
    const confirm = (document: GraphDocument, revision: number, savedAt: string) => {
      unanswered.current = null
      markSaved({ document, revision, savedAt })
      return true
    }
    try {
      const answer = await mutateAsync({ document: toServer(document), revision: saved.revision })
      return confirm(document, answer.revision, answer.saved_at)
    } catch (error) {
      const conflict = conflictIn(error)
      const sent = unanswered.current
      if (conflict && sent && sameJson(sent, conflict.theirs.document))
        return confirm(sent, conflict.theirs.revision, conflict.theirs.savedAt)
      if (!(error instanceof ApiError) || error.status >= 500) unanswered.current = document
      if (conflict) conflicted(conflict)
      else savingFailed(errorMessage(error))
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

  return useCallback(async () => {
    const isSaved = await flush()
    const { saveState } = editor.getState()
    if (!isSaved && saveState.kind === 'failed') {
      notifications.show({ color: 'red', title: t('pill.cannotSave'), message: saveState.message })
    }
    return isSaved
  }, [editor, flush, t])
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
