import { useReactFlow } from '@xyflow/react'
import { useCallback } from 'react'
import type { Position } from '../graph/types'
import { useUiStore } from '../store/UiContext'

export function useOpenQuickAdd(): (screen: Position) => void {
  const flow = useReactFlow()
  const ui = useUiStore()
  return useCallback(
    (screen) =>
      ui.getState().change({ quickAdd: { at: flow.screenToFlowPosition(screen), screen, end: null } }),
    [flow, ui],
  )
}
