import type { TFunction } from 'i18next'
import type { FigureSpec } from '@/charts/figure'
import type { Traffic } from '@/contracts'

/** The names of the curves above them, and two lines for the time below: Plotly's own guess leaves half of it empty. */
const MARGIN = { l: 48, r: 8, t: 28, b: 40 }
const LEGEND = { orientation: 'h', traceorder: 'normal', x: 0, y: 1.02, yanchor: 'bottom' }
const GOOD = '#0072b2'
const BAD = '#d55e00'

/** What happened in each minute, as two figures that share their time. */
export function trafficFigures(
  traffic: Traffic,
  t: TFunction,
): { requests: FigureSpec; latency: FigureSpec } {
  const minutes = traffic.per_minute
  // Plotly's own dates are American, whatever the language of the page.
  const time = { type: 'date', automargin: false, tickformat: t('time.ticks'), hoverformat: '%H:%M' }
  const x = minutes.map(({ at }) => localTime(at))
  const answered = minutes.map(({ requests, errors }) => requests - errors)
  const most = Math.max(...minutes.map(({ requests }) => requests))
  const failed = minutes.map(({ errors }) => errors)
  const line = (name: string, y: (number | null)[]) => ({
    type: 'scatter',
    mode: 'lines+markers',
    marker: { size: 4 },
    line: { width: 2 },
    connectgaps: false,
    name,
    x,
    y,
  })
  return {
    requests: {
      data: [
        { type: 'bar', name: t('endpoint.answered'), x, y: answered, marker: { color: GOOD } },
        { type: 'bar', name: t('endpoint.errors'), x, y: failed, marker: { color: BAD } },
      ],
      layout: {
        barmode: 'stack',
        bargap: 0.15,
        margin: MARGIN,
        legend: LEGEND,
        xaxis: time,
        yaxis: { rangemode: 'tozero', tickformat: ',d', ...(most < 6 ? { dtick: 1 } : {}) },
      },
    },
    latency: {
      data: [
        line(
          'p50',
          minutes.map(({ p50_ms }) => p50_ms),
        ),
        line(
          'p95',
          minutes.map(({ p95_ms }) => p95_ms),
        ),
        line(
          'p99',
          minutes.map(({ p99_ms }) => p99_ms),
        ),
      ],
      layout: {
        margin: MARGIN,
        legend: LEGEND,
        xaxis: time,
        yaxis: { rangemode: 'tozero', title: t('time.unit') },
      },
    },
  }
}

/** The moment as the clock on the wall shows it, in the form that Plotly reads as a date. */
function localTime(moment: string): string {
  const date = new Date(moment)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19)
}
