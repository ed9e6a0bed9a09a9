/** A growing curve in typed arrays. Appending shares the memory: an older value still sees only its own length. */
export interface Series {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly length: number
}

export interface Point {
  readonly step: number
  readonly value: number
}

const FIRST_CAPACITY = 64

export const EMPTY_SERIES: Series = { steps: new Float64Array(0), values: new Float64Array(0), length: 0 }

/**
 * Add points in the order of their steps. A step that is not beyond the last one means that work was repeated from a
 * checkpoint: what stood from that step on is replaced, so nothing is doubled.
 */
export function append(series: Series, points: readonly Point[]): Series {
  return points.reduce(appendOne, series)
}

function appendOne(series: Series, { step, value }: Point): Series {
  const last = series.length > 0 ? (series.steps[series.length - 1] ?? -Infinity) : -Infinity
  const start = step > last ? series : truncate(series, step)
  const room = start.steps.length > start.length ? start : grow(start)
  room.steps[start.length] = step
  room.values[start.length] = value
  return { steps: room.steps, values: room.values, length: start.length + 1 }
}

function truncate(series: Series, step: number): Series {
  let length = series.length
  while (length > 0 && (series.steps[length - 1] ?? 0) >= step) length -= 1
  return { steps: series.steps.slice(), values: series.values.slice(), length }
}

function grow(series: Series): Series {
  const capacity = Math.max(FIRST_CAPACITY, series.steps.length * 2)
  const steps = new Float64Array(capacity)
  const values = new Float64Array(capacity)
  steps.set(series.steps.subarray(0, series.length))
  values.set(series.values.subarray(0, series.length))
  return { steps, values, length: series.length }
}

export function stepsOf(series: Series): Float64Array {
  return series.steps.subarray(0, series.length)
}

export function valuesOf(series: Series): Float64Array {
  return series.values.subarray(0, series.length)
}

export function lastValue(series: Series): number | undefined {
  return series.length > 0 ? series.values[series.length - 1] : undefined
}
