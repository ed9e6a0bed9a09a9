import { getViewportForBounds, type Rect, useReactFlow, useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'
import { NODE_SIZE, type Position } from '../graph/types'
import type { CanvasView } from '../store/createUiStore'
import { useUiStore } from '../store/UiContext'
import { messagesFit } from './useMessagePlace'

const MOTION_MS = 200
/** So far away a graph of thousands of nodes is seen whole. */
export const MIN_ZOOM = 0.005
/** Pixels of the foot that the controls and the map take, and a message above them where it has no place between. */
const FOOT = 72
const MESSAGE = 56
const MAX_ZOOM = 1

function footOf(width: number): number {
  return messagesFit(width) ? FOOT : FOOT + MESSAGE
}

/** Room around what is shown in a canvas of this width; the foot is kept free for the controls, the map and messages. */
export function fitIn(width: number) {
  return { padding: { x: '5%', top: '24px', bottom: `${footOf(width)}px` }, maxZoom: MAX_ZOOM } as const
}

function motion(): { duration: number } {
  return { duration: window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOTION_MS }
}

/** Free room, in pixels, that stays around a node that is brought into view; the foot holds the controls. */
const MARGIN = { side: 24, foot: FOOT } as const

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
          ...fitIn(store.getState().width),
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

type View = readonly [x: number, y: number, zoom: number]
type Room = { readonly width: number; readonly height: number }

/** The view in which all of this is seen clear of the controls, no nearer than `maxZoom`. */
export function fittedView(bounds: Rect, { width, height }: Room, maxZoom: number = MAX_ZOOM): View {
  const { x, y, zoom } = getViewportForBounds(bounds, width, height, MIN_ZOOM, maxZoom, fitIn(width).padding)
  return [x, y, zoom]
}

function isNearly(one: View, other: View): boolean {
  return (
    Math.abs(one[0] - other[0]) <= 1 &&
    Math.abs(one[1] - other[1]) <= 1 &&
    Math.abs(one[2] - other[2]) < 0.001
  )
}

function isWhole({ x, y, width, height }: Rect, [left, top, zoom]: View, room: Room): boolean {
  const isIn = (start: number, length: number, space: number) => start >= 0 && start + length <= space
  return isIn(x * zoom + left, width * zoom, room.width) && isIn(y * zoom + top, height * zoom, room.height)
}

/**
 * The view after the room for it changed: a graph that was fitted is fitted again, one that was seen whole stays whole and
 * clear of the controls, and of a part the middle stays in the middle.
 */
export function viewAfterResize(bounds: Rect, view: View, before: Room, after: Room): View {
  if (isNearly(view, fittedView(bounds, before))) return fittedView(bounds, after)
  const [x, y, zoom] = view
  const moved: View = [x + (after.width - before.width) / 2, y + (after.height - before.height) / 2, zoom]
  const clear = { width: after.width, height: after.height - footOf(after.width) }
  const losesSight = isWhole(bounds, view, before) && !isWhole(bounds, moved, clear)
  return losesSight ? fittedView(bounds, after, zoom) : moved
}

/** Keep what is looked at in view when a panel beside or below opens or closes. */
export function useKeepInView(): void {
  const flow = useReactFlow()
  const store = useStoreApi()
  useEffect(
    () =>
      store.subscribe((state, before) => {
        const isSame = state.width === before.width && state.height === before.height
        if (before.width === 0 || state.width === 0 || isSame) return
        const bounds = flow.getNodesBounds(flow.getNodes())
        const [x, y, zoom] = viewAfterResize(bounds, state.transform, before, state)
        void flow.setViewport({ x, y, zoom })
      }),
    [flow, store],
  )
}
