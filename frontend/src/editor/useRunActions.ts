import { notifications } from '@mantine/notifications'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useCancelRun, useResumeRun, useStartRun } from '@/api/runs'
import { errorMessage } from '@/lib/errorMessage'
import { useRunStore } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { useEditorStore } from './store/EditorContext'
import { useUiStore } from './store/UiContext'
import type { RunActions } from './useActions'

interface RunActionsSource {
  readonly graphId: string
  /** Saves the draft; a run is made from what the server holds. */
  readonly flush: () => Promise<boolean>
  readonly onStarted: (runId: string) => void
}

/** Starting and stopping a run, from a button or a key. */
export function useRunActions({ graphId, flush, onStarted }: RunActionsSource): RunActions {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  const live = useRunStore()
  const { mutateAsync: start } = useStartRun(graphId)
  const { mutateAsync: cancel } = useCancelRun()
  const { mutateAsync: goOn } = useResumeRun()
  const isStarting = useRef(false)

  return useMemo(() => {
    const run = async (part: { to?: string; start?: string } = {}) => {
      const current = live.getState().run
      if (isStarting.current || (current && isActive(current.state))) return
      if (editor.getState().document.nodes.length === 0) return
      isStarting.current = true
      try {
        if (!(await flush())) return
        const started = await start({ ...part, idempotency_key: crypto.randomUUID() })
        onStarted(started.id)
        ui.getState().change({ isRunPanelOpen: true })
      } catch (error) {
        const message = errorMessage(error)
        notifications.show({ color: 'red', title: t('run.refused'), message })
        if (error instanceof ApiError && error.code === 'graph_invalid')
          ui.getState().change({ sheet: 'problems' })
      } finally {
        isStarting.current = false
      }
    }
    const stop = async () => {
      const current = live.getState().run
      if (!current || !isActive(current.state)) return
      try {
        await cancel(current.id)
      } catch (error) {
        notifications.show({ color: 'red', message: errorMessage(error) })
      }
    }
    const resume = async () => {
      const current = live.getState().run
      if (!current || isActive(current.state) || current.state === 'done') return
      try {
        await goOn(current.id)
        onStarted(current.id)
      } catch (error) {
        notifications.show({ color: 'red', message: errorMessage(error) })
      }
    }
    return {
      runAll: () => void run(),
      runTo: (node) => void run({ to: node }),
      runFrom: (node) => void run({ start: node }),
      rerun: (node) => void run({ start: node, to: node }),
      resume: () => void resume(),
      stop: () => void stop(),
    }
  }, [cancel, editor, flush, goOn, live, onStarted, start, t, ui])
}
