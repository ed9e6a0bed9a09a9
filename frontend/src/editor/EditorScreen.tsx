import { useCallback, useState } from 'react'
import { useMayEdit } from '@/api/session'
import type { Graph } from '@/contracts'
import { useFollowRun } from '@/live/useFollowRun'
import { Canvas } from './canvas/Canvas'
import { CanvasProvider } from './canvas/CanvasProvider'
import classes from './EditorScreen.module.css'
import { ConflictDialog } from './panels/ConflictDialog'
import { DeployDialog } from './panels/DeployDialog'
import { EmptyCanvas } from './panels/EmptyCanvas'
import { Inspector } from './panels/Inspector'
import { LeftPanel } from './panels/LeftPanel'
import { ProblemsList } from './panels/ProblemsList'
import { QuickAdd } from './panels/QuickAdd'
import { RunPanel } from './panels/RunPanel'
import { ShortcutSheet } from './panels/ShortcutSheet'
import { TopBar } from './panels/TopBar'
import { VersionsDialog } from './panels/VersionsDialog'
import { useUi } from './store/UiContext'
import { useActions } from './useActions'
import { useAskedStep } from './useAskedStep'
import { useAutosave } from './useAutosave'
import { useChecks } from './useChecks'
import { useKeyboard } from './useKeyboard'
import { useReload } from './useReload'
import { useRunActions } from './useRunActions'
import { useSaveVersionNow } from './useSaveVersionNow'

export function EditorScreen({ graph }: { graph: Graph }) {
  const mayEdit = useMayEdit()
  // Counted, because a run that goes on is followed anew under its old id.
  const [followed, setFollowed] = useState({ id: graph.last_run?.id ?? '', turn: 0 })
  const flush = useAutosave(graph.id, mayEdit)
  const saveVersion = useSaveVersionNow(graph.id, flush)
  const onStarted = useCallback((id: string) => setFollowed(({ turn }) => ({ id, turn: turn + 1 })), [])
  const run = useRunActions({ graphId: graph.id, flush, onStarted })
  const actions = useActions({ name: graph.name, saveVersion, run })
  const isLeftOpen = useUi((ui) => ui.isLeftOpen)
  const isInspectorOpen = useUi((ui) => ui.isInspectorOpen)
  const inspectorWidth = useUi((ui) => ui.inspectorWidth)
  useChecks(graph.id)
  useFollowRun(followed.id, followed.turn)
  useKeyboard(actions)
  useReload(graph.id)
  useAskedStep(run)

  return (
    <CanvasProvider>
      <div
        className={classes.screen}
        data-left={isLeftOpen}
        data-right={isInspectorOpen}
        data-testid="editor"
        style={{ '--inspector-width': `${inspectorWidth}px` } as React.CSSProperties}
      >
        <TopBar graph={graph} actions={actions} run={run} />
        {isLeftOpen && <LeftPanel />}
        <div className={classes.middle}>
          <div className={classes.canvas}>
            <Canvas>
              <EmptyCanvas />
            </Canvas>
          </div>
          <RunPanel run={run} isExpected={graph.last_run !== null} />
        </div>
        {isInspectorOpen && <Inspector run={run} />}
        <QuickAdd />
        <ProblemsList />
        <ShortcutSheet />
        <VersionsDialog graphId={graph.id} onSave={saveVersion} />
        <ConflictDialog graphId={graph.id} graphName={graph.name} />
        <DeployDialog graph={graph} flush={flush} run={run} />
      </div>
    </CanvasProvider>
  )
}
