import '@xyflow/react/dist/style.css'
import { useComputedColorScheme } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { ConnectionLineType, ReactFlow, SelectionMode, useStore } from '@xyflow/react'
import { type MouseEvent, useCallback, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { duplicateInPlace } from '../actions'
import { GRID } from '../graph/types'
import { isNarrow } from '../isNarrow'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import classes from './Canvas.module.css'
import { CanvasControls } from './CanvasControls'
import { CanvasGrid } from './CanvasGrid'
import { CanvasMap } from './CanvasMap'
import { DetailContext } from './detail'
import { type CanvasEdge, type CanvasNode, edgeTypes, nodeTypes } from './types'
import { useCanvasEdges } from './useCanvasEdges'
import { useCanvasNodes } from './useCanvasNodes'
import { useConnecting } from './useConnecting'
import { BLOCK_ZOOM, MANY_NODES, useDetail } from './useDetail'
import { useDrops } from './useDrops'
import { fitIn, MIN_ZOOM, useExposeView, useKeepInView } from './useExposeView'
import { useIsFitted } from './useIsFitted'
import { useMessagePlace } from './useMessagePlace'
import { useOpenQuickAdd } from './useOpenQuickAdd'
import { useSmoothPan } from './useSmoothPan'

const DELETE_KEYS: string[] = []
/** Held down, these add to what is chosen. */
const ADD_KEYS = ['Shift', 'Control', 'Meta']
const PAN_BUTTONS = [1, 2]
/** A canvas of a desktop, beside its panels. */
const WIDE = 1000
const SNAP: [number, number] = [GRID, GRID]

export function Canvas({ children }: { children?: React.ReactNode }) {
  const { t } = useTranslation('editor')
  const isTouch = useMediaQuery('(pointer: coarse)') ?? false
  const scheme = useComputedColorScheme()
  const editor = useEditorStore()
  const ui = useUiStore()
  const isFixed = useEditor((state) => state.isFixed)
  const { nodes, onNodesChange, endDrag, sizes } = useCanvasNodes()
  const { edges, onEdgesChange } = useCanvasEdges()
  const wiring = useConnecting()
  const drops = useDrops()
  const openQuickAdd = useOpenQuickAdd()
  const detail = useStore((state) =>
    state.transform[2] < BLOCK_ZOOM ? 'block' : state.transform[2] < 0.5 ? 'title' : 'full',
  )
  const drawn = useDetail(nodes.length)
  // Told to fit an empty graph, React Flow waits for its first node and moves that away from where it was let go.
  const [opensDrawn] = useState(nodes.length > 0)
  const isFitted = useIsFitted(opensDrawn)
  // On a phone panels lie over the canvas, which is as wide as the window.
  const [opening] = useState(() => fitIn(isNarrow() ? window.innerWidth : WIDE))
  useSmoothPan()
  useExposeView(sizes)
  useKeepInView()
  useMessagePlace()

  const onDoubleClick = useCallback(
    (event: MouseEvent) => {
      if ((event.target as Element).classList.contains('react-flow__pane')) {
        openQuickAdd({ x: event.clientX, y: event.clientY })
      }
    },
    [openQuickAdd],
  )
  const onPaneClick = useCallback(
    (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey) openQuickAdd({ x: event.clientX, y: event.clientY })
      else ui.getState().change({ quickAdd: null })
    },
    [openQuickAdd, ui],
  )
  // On a phone one looks at results: a tap on a node opens what it gave.
  const onNodeClick = useCallback(
    (event: MouseEvent, node: CanvasNode) => {
      if (isNarrow()) ui.getState().change({ isInspectorOpen: true })
      // React Flow keeps several chosen when one of them is clicked.
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey) editor.getState().select([node.id])
    },
    [editor, ui],
  )
  const drag = useRef('')
  const onDragStart = useCallback(
    (event: MouseEvent | TouchEvent) => {
      drag.current = event.altKey ? crypto.randomUUID() : ''
      if (drag.current) duplicateInPlace(editor, drag.current)
    },
    [editor],
  )
  const onDragStop = useCallback(() => endDrag(drag.current), [endDrag])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: A opens the same list from the keyboard
    <div
      className={classes.canvas}
      data-detail={detail}
      data-fitted={isFitted}
      data-testid="canvas"
      onDoubleClick={onDoubleClick}
    >
      <DetailContext value={drawn}>
        <ReactFlow<CanvasNode, CanvasEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onNodeClick={onNodeClick}
          onNodeDragStart={onDragStart as never}
          onNodeDragStop={onDragStop}
          onPaneClick={onPaneClick as never}
          {...wiring}
          {...(isFixed ? {} : drops)}
          nodesDraggable={!isFixed}
          nodesConnectable={!isFixed}
          edgesReconnectable={!isFixed}
          colorMode={scheme}
          aria-label={t('canvas.label')}
          deleteKeyCode={DELETE_KEYS}
          selectionMode={SelectionMode.Partial}
          selectionKeyCode={null}
          multiSelectionKeyCode={ADD_KEYS}
          selectionOnDrag={!isTouch}
          panOnDrag={isTouch ? true : PAN_BUTTONS}
          panOnScroll
          zoomOnDoubleClick={false}
          disableKeyboardA11y
          connectionLineType={ConnectionLineType.Bezier}
          connectionRadius={28}
          snapToGrid
          snapGrid={SNAP}
          onlyRenderVisibleElements={nodes.length > MANY_NODES}
          minZoom={MIN_ZOOM}
          maxZoom={2}
          fitView={opensDrawn}
          fitViewOptions={opening}
          attributionPosition="top-right"
        >
          <CanvasGrid />
          <CanvasMap />
          <CanvasControls />
          {children}
        </ReactFlow>
      </DetailContext>
    </div>
  )
}
