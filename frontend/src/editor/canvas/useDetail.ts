import { type ReactFlowState, useStoreApi } from '@xyflow/react'
import { useEffect, useState } from 'react'
import { createDetail, type Detail } from './detail'
import { type Box, nearest, touches, viewOf, widened } from './nearest'

/** Up to this many, every node is drawn in full at once. */
export const MANY_NODES = 150
/** Farther away than this zoom nothing can be read, and every node is a block. */
export const BLOCK_ZOOM = 0.25
/** So many nodes change in one frame; more would be felt. */
const AT_ONCE = 4
/** Shares of the view around it: within the first nodes are drawn in full, beyond the second they are blocks again. */
const NEAR = 0.25
const FAR = 1

/** Draws the nodes in view in full, a few in each frame, and lets go of those left far behind. */
export function useDetail(count: number): Detail {
  const store = useStoreApi()
  const [detail] = useState(() => createDetail(count <= MANY_NODES))

  useEffect(() => {
    detail.showAll(count <= MANY_NODES)
    if (count <= MANY_NODES) return
    let frame = 0
    const step = () => {
      frame = improve(detail, store.getState()) ? requestAnimationFrame(step) : 0
    }
    const wake = () => {
      if (frame === 0) frame = requestAnimationFrame(step)
    }
    wake()
    const stop = store.subscribe((state, before) => {
      const isNews =
        state.transform !== before.transform ||
        state.width !== before.width ||
        state.height !== before.height ||
        state.nodes !== before.nodes
      if (isNews) wake()
    })
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
  }, [count, detail, store])

  return detail
}

/** Change a few nodes; return whether more are to be changed. */
function improve(detail: Detail, { transform, width, height, nodeLookup }: ReactFlowState): boolean {
  const view = viewOf(transform, width, height)
  const boxes = [...nodeLookup].map(([id, node]) => [id, boxOf(node)] as const)
  const shown = detail.shown()
  const wanted = transform[2] < BLOCK_ZOOM ? [] : nearest(boxes, widened(view, NEAR))
  const missing = wanted.filter((id) => !shown.has(id))
  if (missing.length > 0) {
    detail.show(missing.slice(0, AT_ONCE))
    return true
  }
  const far = transform[2] < BLOCK_ZOOM ? null : widened(view, FAR)
  const left = boxes.filter(([id, box]) => shown.has(id) && !(far && touches(box, far))).map(([id]) => id)
  if (left.length > 0) detail.hide(left.slice(0, AT_ONCE))
  return left.length > AT_ONCE
}

function boxOf(node: ReactFlowState['nodeLookup'] extends Map<string, infer Node> ? Node : never): Box {
  const { x, y } = node.internals.positionAbsolute
  return { x, y, width: node.measured.width ?? 0, height: node.measured.height ?? 0 }
}
