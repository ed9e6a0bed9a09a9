import { useMemo } from 'react'
import {
  arrange,
  duplicateSelection,
  exportFile,
  nudge,
  putNote,
  removeSelection,
  selectAlong,
  toggleDisabled,
  toggleFrozen,
  walk,
} from './actions'
import { besideOf } from './graph/beside'
import { idsOf } from './graph/clipboard'
import { findNode } from './graph/read'
import { GRID, NODE_SIZE } from './graph/types'
import { pickFile } from './pickFile'
import { useEditorStore } from './store/EditorContext'
import { useUiStore } from './store/UiContext'
import { useClipboard } from './useClipboard'
import { useImport } from './useImport'
import type { Actions } from './useKeyboard'

export interface RunActions {
  readonly runAll: () => void
  readonly runTo: (node: string) => void
  /** This node and what follows it, anew. */
  readonly runFrom: (node: string) => void
  /** This node alone, anew. */
  readonly rerun: (node: string) => void
  /** Go on with the run on show, which did not end well. */
  readonly resume: () => void
  readonly stop: () => void
}

export interface ActionSource {
  readonly name: string
  readonly saveVersion: () => void
  readonly run: RunActions
}

const STEP = GRID
const FAR = GRID * 8

/** What every key does; the buttons call the same. */
export function useActions({ name, saveVersion, run }: ActionSource): Actions {
  const editor = useEditorStore()
  const ui = useUiStore()
  const importText = useImport()
  const clipboard = useClipboard()
  return useMemo(() => {
    const state = editor.getState
    const only = () => [...state().selection.nodes][0]
    const onlyNode = () => findNode(state().document, only() ?? '')?.id
    const go = (way: Parameters<typeof walk>[1]) => {
      const id = walk(editor, way)
      if (id) ui.getState().view.reveal(id)
    }
    const showTab = (inspectorTab: 'parameters' | 'data') => {
      ui.getState().change({ inspectorTab, isInspectorOpen: true })
      requestAnimationFrame(() =>
        window.document
          .querySelector<HTMLElement>('[data-inspector-body] :is(input, button, [tabindex="0"])')
          ?.focus(),
      )
    }
    return {
      undo: () => void state().undo(),
      redo: () => void state().redo(),
      save: saveVersion,
      quickAdd: () => {
        const { view, change } = ui.getState()
        const after = state().selection.nodes.size === 1 ? onlyNode() : undefined
        const at = after ? besideOf(state().document, after, view.sizes) : view.middle()
        const screen = view.toScreen(after ? at : { x: at.x + NODE_SIZE.width / 2, y: at.y })
        change({ quickAdd: { at, screen, end: null, ...(after ? { after } : {}) } })
      },
      copy: () => clipboard('copy'),
      cut: () => clipboard('cut'),
      paste: () => clipboard('paste'),
      pasteConnected: () => clipboard('pasteConnected'),
      duplicate: () => duplicateSelection(editor),
      remove: () => removeSelection(editor, true),
      removeUnhealed: () => removeSelection(editor, false),
      selectAll: () => state().select(idsOf(state().document)),
      selectNone: () => {
        const { quickAdd, sheet, change } = ui.getState()
        change({ quickAdd: null, renaming: null, sheet: null })
        if (!quickAdd && !sheet) state().select([])
      },
      rename: () => ui.getState().change({ renaming: only() ?? null }),
      open: () => {
        const focused =
          window.document.activeElement?.closest<HTMLElement>('.react-flow__node')?.dataset['id']
        if (focused) state().select([focused])
        if (only()) showTab('parameters')
      },
      disable: () => toggleDisabled(editor),
      freeze: () => toggleFrozen(editor),
      freezePath: () => toggleFrozen(editor, true),
      note: () => putNote(editor, ui),
      runAll: run.runAll,
      runToHere: () => {
        const id = onlyNode()
        if (id) run.runTo(id)
      },
      runFromHere: () => {
        const id = onlyNode()
        if (id) run.runFrom(id)
      },
      rerun: () => {
        const id = onlyNode()
        if (id) run.rerun(id)
      },
      stop: run.stop,
      inspectOutput: () => showTab('data'),
      selectUpstream: () => selectAlong(editor, 'upstream'),
      selectDownstream: () => selectAlong(editor, 'downstream'),
      selectConnected: () => selectAlong(editor, 'connected'),
      walkLeft: () => go('left'),
      walkRight: () => go('right'),
      walkUp: () => go('up'),
      walkDown: () => go('down'),
      nudgeLeft: () => nudge(editor, { x: -STEP, y: 0 }),
      nudgeRight: () => nudge(editor, { x: STEP, y: 0 }),
      nudgeUp: () => nudge(editor, { x: 0, y: -STEP }),
      nudgeDown: () => nudge(editor, { x: 0, y: STEP }),
      nudgeFarLeft: () => nudge(editor, { x: -FAR, y: 0 }),
      nudgeFarRight: () => nudge(editor, { x: FAR, y: 0 }),
      nudgeFarUp: () => nudge(editor, { x: 0, y: -FAR }),
      nudgeFarDown: () => nudge(editor, { x: 0, y: FAR }),
      zoomIn: () => ui.getState().view.zoomBy(1.25),
      zoomOut: () => ui.getState().view.zoomBy(1 / 1.25),
      fit: () => ui.getState().view.fit(),
      fitSelection: () => ui.getState().view.fit([...state().selection.nodes]),
      zoomReset: () => ui.getState().view.zoomTo(1),
      arrange: () => void arrange(editor, ui),
      find: () => {
        ui.getState().change({ leftTab: 'outline', isLeftOpen: true })
        requestAnimationFrame(() =>
          window.document.querySelector<HTMLElement>('[data-outline-search]')?.focus(),
        )
      },
      exportFile: () => exportFile(editor, name),
      importFile: () =>
        void pickFile('.json').then(async (file) => {
          if (file) importText(file.name, await file.text(), ui.getState().view.middle())
        }),
      shortcuts: () =>
        ui.getState().change({ sheet: ui.getState().sheet === 'shortcuts' ? null : 'shortcuts' }),
    }
  }, [editor, ui, importText, clipboard, name, run, saveVersion])
}
