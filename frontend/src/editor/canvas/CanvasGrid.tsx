import { useStoreApi } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import { GRID } from '../graph/types'
import classes from './Canvas.module.css'

const STEP = GRID * 3
/** Dots that lie closer, in pixels of the window, are thinned out. */
const CLOSEST = 14

/** The dots behind the nodes. They are drawn once and then only shifted, which costs nothing while one looks around. */
export function CanvasGrid() {
  const store = useStoreApi()
  const dots = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let drawn = 0
    const apply = () => {
      const element = dots.current
      if (!element) return
      const [x, y, zoom] = store.getState().transform
      let step = STEP * zoom
      while (step < CLOSEST) step *= 2
      if (step !== drawn) element.style.backgroundSize = `${step}px ${step}px`
      drawn = step
      element.style.transform = `translate(${(x % step) - step}px, ${(y % step) - step}px)`
    }
    apply()
    return store.subscribe((state, before) => {
      if (state.transform !== before.transform) apply()
    })
  }, [store])
  return <div ref={dots} className={classes.dots} aria-hidden data-testid="canvas-dots" />
}
