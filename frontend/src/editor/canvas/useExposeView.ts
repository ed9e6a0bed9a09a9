import { useReactFlow, useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'
import { NODE_SIZE, type Position } from '../graph/types'
import { isNarrow } from '../isNarrow'
import type { CanvasView } from '../store/createUiStore'
import { useUiStore } from '../store/UiContext'

const MOTION_MS = 200
/** Room around what is shown; the foot is kept free for the controls and the map. */
export const FIT = { padding: { x: '5%', top: '24px', bottom: '72px' }, maxZoom: 1 } as const

/** On a phone a row of four is shown whole; what is wider could no longer be read. */
export const FIT_NARROW = { ...FIT, minZoom: 0.3 } as const

function motion(): { duration: number } {
  return { duration: window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOTION_MS }
}

/** Free room, in pixels, that stays around a node that is brought into view; the foot holds the controls. */
const MARGIN = { side: 24, foot: 72 } as const

/** By how many pixels the drawing moves so that a node at this place is seen whole; what is wider than the view stays. */
function shiftIntoView(
  { x, y }: Position,
  [left, top, zoom]: readonly [number, number, number],
  width: number,
  height: number,
): Position {
  const along = (start: number, length: number, space: number, foot: number) => {
    const over = start + length - (space - foot)
    return over > 0 ? -Math.min(over, start - MARGIN.side) : Math.max(0, MARGIN.side - start)
  }
  return {
    x: along(x * zoom + left, NODE_SIZE.width * zoom, width, MARGIN.side),
    y: along(y * zoom + top, NODE_SIZE.height * zoom, height, MARGIN.foot),
  }
}

/** Lets the rest of the editor look around the canvas without knowing React Flow. */
export function useExposeView(sizes: CanvasView['sizes']): void {
  const flow = useReactFlow()
  const store = useStoreApi()
  const ui = useUiStore()
  useEffect(() => {
    // React Flow fits a frame later than it is told to. What is asked for in between comes after, or it would be undone.
    let fitted: Promise<unknown> = Promise.resolve()
    const view: CanvasView = {
      middle: () => {
        const { domNode } = store.getState()
        const box = domNode?.getBoundingClientRect()
        if (!box) return { x: 0, y: 0 }
        const middle = flow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 })
        return { x: middle.x - NODE_SIZE.width / 2, y: middle.y - NODE_SIZE.height / 2 }
      },
      zoomBy: (factor) => void fitted.then(() => flow.zoomTo(flow.getZoom() * factor, motion())),
      zoomTo: (zoom) => void fitted.then(() => flow.zoomTo(zoom, motion())),
      fit: (nodes) => {
        // It would wait for the first node.
        if (flow.getNodes().length === 0) return
        fitted = flow.fitView({
          ...(isNarrow() ? FIT_NARROW : FIT),
          ...motion(),
          ...(nodes && nodes.length > 0 ? { nodes: nodes.map((id) => ({ id })) } : {}),
        })
      },
      reveal: (id) => {
        const node = flow.getInternalNode(id)
        if (!node) return
        const { x, y } = node.internals.positionAbsolute
        const width = node.measured.width ?? NODE_SIZE.width
        const height = node.measured.height ?? NODE_SIZE.height
        void flow.setCenter(x + width / 2, y + height / 2, {
          zoom: Math.max(flow.getZoom(), 0.75),
          ...motion(),
        })
      },
      keepInView: (position) => {
        const { width, height, transform } = store.getState()
        const by = shiftIntoView(position, transform, width, height)
        if (by.x === 0 && by.y === 0) return
        const [x, y, zoom] = transform
        void fitted.then(() => flow.setViewport({ x: x + by.x, y: y + by.y, zoom }, motion()))
      },
      toScreen: (position) => flow.flowToScreenPosition(position),
      toCanvas: (screen) => flow.screenToFlowPosition(screen),
      sizes,
    }
    ui.getState().change({ view })
  }, [flow, store, ui, sizes])
}

/** Keep the middle of the view in the middle when a panel beside or below opens or closes. */
export function useKeepMiddle(): void {
  const flow = useReactFlow()
  const store = useStoreApi()
  useEffect(
    () =>
      store.subscribe((state, before) => {
        const dx = state.width - before.width
        const dy = state.height - before.height
        if (before.width === 0 || state.width === 0 || (dx === 0 && dy === 0)) return
        const { x, y, zoom } = flow.getViewport()
        void flow.setViewport({ x: x + dx / 2, y: y + dy / 2, zoom })
      }),
    [flow, store],
  )
}
