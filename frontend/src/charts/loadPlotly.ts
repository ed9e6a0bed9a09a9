type Plotly = typeof import('plotly.js')

let loading: Promise<Plotly> | null = null

/** Plotly is larger than the rest of the page together, so it comes with the first chart. */
export function loadPlotly(): Promise<Plotly> {
  loading ??= import('plotly.js-cartesian-dist-min').then((module) => {
    const whole = module as unknown as { default?: Plotly } & Plotly
    return whole.default ?? whole
  })
  return loading
}
