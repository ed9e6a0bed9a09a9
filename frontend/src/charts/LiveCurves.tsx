import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { curveName } from '@/lib/metrics'
import type { Series } from '@/live/series'
import { stepsOf, valuesOf } from '@/live/series'
import { curveGroups } from './curveGroups'
import { FigureView } from './FigureView'
import type { FigureSpec } from './figure'

interface LiveCurvesProps {
  readonly node: string
  readonly curves: Readonly<Record<string, Series>>
  readonly height?: number
}

const MANY_STEPS = 10
/** Curves of a search: one point a trial. */
const TRIAL_CURVES = new Set(['trial', 'best'])

/** Curves of a node that grow while it works; training and validation of one measure share a chart. */
export function LiveCurves({ node, curves, height = 220 }: LiveCurvesProps) {
  const { t } = useTranslation('editor')
  const groups = useMemo(() => curveGroups(Object.keys(curves)), [curves])
  return groups.map((group) => (
    <FigureView
      key={group.title}
      title={curveName(group.title)}
      spec={specOf(group.names, curves, t(TRIAL_CURVES.has(group.title) ? 'trials.trial' : 'chart.step'))}
      height={height}
      keepsViewOf={`${node} ${group.title}`}
    />
  ))
}

function specOf(
  names: readonly string[],
  curves: Readonly<Record<string, Series>>,
  step: string,
): FigureSpec {
  const data = names.flatMap((name) => {
    const series = curves[name]
    if (!series) return []
    const isPoint = series.length === 1
    return [
      {
        type: 'scatter',
        mode: isPoint ? 'markers' : 'lines',
        name: curveName(name),
        x: stepsOf(series) as unknown as number[],
        y: valuesOf(series) as unknown as number[],
        line: { width: 2 },
      },
    ]
  })
  return {
    data,
    layout: {
      // Steps are whole: between few of them Plotly would write 0.5.
      xaxis: { title: step, ...(span(data) < MANY_STEPS ? { dtick: 1 } : {}) },
      showlegend: names.length > 1,
      margin: { l: 48, r: 8, t: 24, b: 36 },
    },
  }
}

function span(data: readonly { readonly x: readonly number[] }[]): number {
  const steps = data.flatMap(({ x }) => [x[0] ?? 0, x.at(-1) ?? 0])
  return Math.max(...steps, 0) - Math.min(...steps, 0)
}
