import { useViewportSize } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './Inspector.module.css'
import {
  fittingWidth,
  LEAST_WIDTH,
  storedWidth,
  storeWidth,
  USUAL_WIDTH,
  widestWidth,
  widthAfterKey,
} from './inspectorWidth'

/** The left edge of the inspector, by which it is made wider with the pointer or the arrow keys. */
export function InspectorHandle() {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const { data } = useSession()
  const person = data?.user?.username ?? ''
  const width = useUi((state) => state.inspectorWidth)
  const start = useRef<{ x: number; width: number } | null>(null)
  const [isDragged, setDragged] = useState(false)
  const { width: window } = useViewportSize()
  const change = (to: number) => {
    ui.getState().change({ inspectorWidth: to })
    storeWidth(person, to)
  }
  // Remembered as it was set, and narrower only while the window is.
  useEffect(() => {
    if (window > 0) ui.getState().change({ inspectorWidth: fittingWidth(storedWidth(person), window) })
  }, [ui, person, window])
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line across a page cannot be moved
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t('inspector.resize')}
      aria-valuenow={width}
      aria-valuemin={LEAST_WIDTH}
      aria-valuemax={widestWidth(window)}
      title={t('inspector.resize')}
      className={classes.handle}
      data-dragged={isDragged}
      data-testid="inspector-handle"
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { x: event.clientX, width }
        setDragged(true)
      }}
      onPointerMove={(event) => {
        const from = start.current
        if (from) change(fittingWidth(from.width + from.x - event.clientX, window))
      }}
      onPointerUp={() => {
        start.current = null
        setDragged(false)
      }}
      onDoubleClick={() => change(USUAL_WIDTH)}
      onKeyDown={(event) => {
        const to = widthAfterKey(event.key, event.shiftKey, width, window)
        if (to === null) return
        event.preventDefault()
        event.stopPropagation()
        change(to)
      }}
    />
  )
}
