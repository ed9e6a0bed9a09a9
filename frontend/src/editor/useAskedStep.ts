import { useEffect, useRef } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useMayEdit } from '@/api/session'
import { isRecord } from '@/lib/messages'
import type { NextStep } from './graph/nextSteps'
import { useEditorStore } from './store/EditorContext'
import { takeStep } from './takeStep'
import type { RunActions } from './useActions'

/** Takes the step that another screen opened the graph for, once, and runs the graph. */
export function useAskedStep(run: RunActions): void {
  const { state, pathname } = useLocation()
  const navigate = useNavigate()
  const editor = useEditorStore()
  const mayEdit = useMayEdit()
  const taken = useRef<unknown>(null)
  useEffect(() => {
    const step = isRecord(state) ? (state['nextStep'] as NextStep | undefined) : undefined
    if (!mayEdit || !step || step.kind === 'lookAtData' || taken.current === state) return
    taken.current = state
    // Forgotten first: a page that is loaded again does not take it a second time.
    void navigate(pathname, { replace: true, state: null })
    takeStep(editor, step)
    run.runAll()
  }, [state, pathname, navigate, editor, mayEdit, run])
}
