import { describe, expect, it } from 'vitest'
import { fittedView, viewAfterResize } from './useExposeView'

const GRAPH = { x: 0, y: 0, width: 1100, height: 600 }
const BEFORE = { width: 1000, height: 800 }
const OPENED = { width: 1000, height: 536 }
const FOOT = 72

/** Where the foot of the graph is drawn. */
const footOf = ([, top, zoom]: readonly [number, number, number]) => GRAPH.height * zoom + top

describe('a panel that opens', () => {
  it('fits a graph that was fitted again, and gives it back its size when it closes', () => {
    const fitted = fittedView(GRAPH, BEFORE)
    const opened = viewAfterResize(GRAPH, fitted, BEFORE, OPENED)
    expect(footOf(opened)).toBeLessThanOrEqual(OPENED.height - FOOT)
    expect(viewAfterResize(GRAPH, opened, OPENED, BEFORE)).toEqual(fitted)
  })

  it('leaves a graph that was seen whole, though not fitted, clear of the controls and no larger', () => {
    const view = viewAfterResize(GRAPH, [200, 200, 0.5], BEFORE, { width: 1000, height: 400 })
    expect(footOf(view)).toBeLessThanOrEqual(400 - FOOT)
    expect(view[2]).toBeLessThanOrEqual(0.5)
  })

  it('keeps the middle where only a part is seen', () => {
    expect(viewAfterResize(GRAPH, [-400, -100, 2], BEFORE, OPENED)).toEqual([-400, -232, 2])
  })
})

it('keeps room for a message above the controls where none is between them', () => {
  const phone = { width: 390, height: 700 }
  const tall = { x: 0, y: 0, width: 200, height: 4000 }
  const [, top, zoom] = fittedView(tall, phone)
  expect(tall.height * zoom + top).toBeLessThanOrEqual(700 - FOOT - 56)
})
