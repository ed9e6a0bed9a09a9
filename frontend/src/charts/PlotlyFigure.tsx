import { useComputedColorScheme } from '@mantine/core'
import { useElementSize, useMergedRef } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './charts.module.css'
import { type Colours, type FigureSpec, themed, themedData } from './figure'
import { loadPlotly } from './loadPlotly'

interface PlotlyFigureProps {
  readonly spec: FigureSpec
  readonly label: string
  readonly height?: number
  /** While this stays the same, zoom and hidden curves survive new data. */
  readonly keepsViewOf?: string
}

const config = () => ({
  responsive: false,
  displaylogo: false,
  // Without a pointer that hovers the bar would always stand there, over the legend.
  displayModeBar: matchMedia('(hover: none)').matches ? false : 'hover',
  modeBarButtonsToRemove: ['select2d', 'lasso2d'] as never[],
})

export function PlotlyFigure({ spec, label, height = 280, keepsViewOf }: PlotlyFigureProps) {
  const { t } = useTranslation('editor')
  const scheme = useComputedColorScheme()
  const box = useRef<HTMLDivElement>(null)
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>()
  const ref = useMergedRef(box, sizeRef)
  const [isFailed, setFailed] = useState(false)

  useEffect(() => {
    const element = box.current
    if (!element || width === 0) return
    let isGone = false
    loadPlotly()
      .then((plotly) => {
        if (isGone) return
        const layout = themed(spec, coloursOf(element), scheme === 'dark')
        const sized = { ...layout, width, height, ...(keepsViewOf ? { uirevision: keepsViewOf } : {}) }
        return plotly.react(
          element,
          themedData(spec, scheme === 'dark') as never,
          sized as never,
          config() as never,
        )
      })
      .catch(() => setFailed(true))
    return () => {
      isGone = true
    }
  }, [spec, scheme, width, height, keepsViewOf])

  useEffect(() => {
    const element = box.current
    return () => {
      if (element) void loadPlotly().then((plotly) => plotly.purge(element))
    }
  }, [])

  if (isFailed) return <p className={classes.note}>{t('chart.failed')}</p>
  return (
    // biome-ignore lint/a11y/useSemanticElements: a chart with buttons of its own is no set of fields
    <div ref={ref} role="group" aria-label={label} className={classes.plot} style={{ height }} />
  )
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return { ink: read('--ink'), inkSoft: read('--ink-soft'), line: read('--line'), surface: read('--surface') }
}
