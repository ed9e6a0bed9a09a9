import { useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'

/** What the controls at the left and the map at the right of the foot take, in pixels, with the room around them. */
const CONTROLS = 216
const MAP = 184
const FOOT = 16
/** With less between them messages lie above both. */
const LEAST_WIDTH = 260
const ABOVE = 72

/** Whether messages have their place between the controls and the map of a canvas of this width. */
export function messagesFit(width: number): boolean {
  return width - CONTROLS - MAP >= LEAST_WIDTH
}

/**
 * Short messages appear in the foot of the canvas between the controls and the map, where a graph that is fitted leaves
 * room: not over a panel, its buttons or a node. The place is told to `messages.css` as lengths from the window's edges.
 */
export function useMessagePlace(): void {
  const store = useStoreApi()
  useEffect(() => {
    const { style, dataset } = window.document.documentElement
    const place = () => {
      const box = store.getState().domNode?.getBoundingClientRect()
      if (!box || box.width === 0) return
      const fits = messagesFit(box.width)
      const left = box.left + (fits ? CONTROLS : FOOT)
      const right = window.innerWidth - box.right + (fits ? MAP : FOOT)
      style.setProperty('--messages-left', `${left}px`)
      style.setProperty('--messages-right', `${right}px`)
      style.setProperty('--messages-bottom', `${window.innerHeight - box.bottom + (fits ? FOOT : ABOVE)}px`)
      dataset['messages'] = 'canvas'
    }
    place()
    const stop = store.subscribe((state, before) => {
      if (state.width !== before.width || state.height !== before.height) place()
    })
    return () => {
      stop()
      delete dataset['messages']
    }
  }, [store])
}
