import type { Trial } from '@/contracts'
import type { FigureSpec } from './figure'

export interface TrialWords {
  readonly trial: string
  readonly value: string
  readonly best: string
}

/** Each trial as a point, and the best value so far as a line. */
export function trialFigure(trials: readonly Trial[], isMaximised: boolean, words: TrialWords): FigureSpec {
  const scored = trials.filter((trial) => trial.value !== null)
  const values = scored.map((trial) => trial.value as number)
  const best: number[] = []
  for (const value of values) {
    const last = best.at(-1)
    best.push(last === undefined ? value : isMaximised ? Math.max(last, value) : Math.min(last, value))
  }
  const numbers = scored.map((trial) => trial.number)
  return {
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        name: words.value,
        x: numbers,
        y: values,
        marker: { size: 7, opacity: 0.75 },
      },
      {
        type: 'scatter',
        mode: 'lines',
        name: words.best,
        x: numbers,
        y: best,
        line: { width: 2, shape: 'hv' },
      },
    ],
    layout: {
      xaxis: { title: words.trial },
      yaxis: { title: words.value },
      margin: { l: 48, r: 8, t: 24, b: 36 },
    },
  }
}

/** Without a word on the direction, the trial that was called best tells it. */
export function looksMaximised(trials: readonly Trial[]): boolean {
  const best = trials.find((trial) => trial.is_best)?.value
  if (best === null || best === undefined) return true
  return trials.every((trial) => trial.value === null || trial.value <= best)
}
