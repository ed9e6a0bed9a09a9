import { useMediaQuery } from '@mantine/hooks'
import { Panel, useReactFlow, useStoreApi } from '@xyflow/react'
import { type PointerEvent, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useEditor } from '../store/EditorContext'
import classes from './Canvas.module.css'
import { MAP } from './mapDrawing'
import { useMapDrawing } from './useMapDrawing'

const WHEEL_STEP = 0.002

/** Where one is in the graph: blocks in the colour of their state; edges are left out. */
export function CanvasMap() {
  const isNarrow = useMediaQuery('(max-width: 900px)') ?? false
  const isEmpty = useEditor(({ document }) => document.nodes.length === 0)
  return isNarrow || isEmpty ? null : <OpenMap />
}

function OpenMap() {
  const { t } = useTranslation('editor')
  const picture = useRef<HTMLCanvasElement>(null)
  const seen = useRef<HTMLDivElement>(null)
  const frame = useMapDrawing(picture, seen)
  const flow = useReactFlow()
  const store = useStoreApi()

  const go = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const { x, y, scale } = frame.current
    const place = { x: x + (event.clientX - box.left) / scale, y: y + (event.clientY - box.top) / scale }
    void flow.setCenter(place.x, place.y, { zoom: flow.getZoom() })
  }
  // React listens to the wheel passively, and the page must not scroll along.
  useEffect(() => {
    const element = picture.current?.parentElement
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      store.getState().panZoom?.scaleBy(2 ** (-event.deltaY * WHEEL_STEP))
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [store])

  return (
    <Panel position="bottom-right">
      <div
        className={classes.map}
        style={{ width: MAP.width, height: MAP.height }}
        data-testid="canvas-map"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          go(event)
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && go(event)}
      >
        <canvas ref={picture} role="img" aria-label={t('canvas.map')} />
        <div ref={seen} className={classes.seen} />
      </div>
    </Panel>
  )
}
