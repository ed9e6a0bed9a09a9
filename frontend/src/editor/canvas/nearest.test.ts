import { describe, expect, it } from 'vitest'
import { frameOf, MAP, onMap } from './mapDrawing'
import { nearest, viewOf, widened } from './nearest'

const box = (x: number, y: number) => ({ x, y, width: 10, height: 10 })

describe('what is seen of the canvas', () => {
  it('is found from the shift and the zoom', () => {
    expect(viewOf([-100, 50, 0.5], 400, 200)).toEqual({ x: 200, y: -100, width: 800, height: 400 })
  })

  it('grows by the same share on each side', () => {
    expect(widened({ x: 0, y: 0, width: 100, height: 40 }, 0.5)).toEqual({
      x: -50,
      y: -20,
      width: 200,
      height: 80,
    })
  })

  it('names the nodes in it from the middle outwards and leaves the others out', () => {
    const boxes = [
      ['edge', box(90, 90)],
      ['middle', box(45, 45)],
      ['outside', box(200, 0)],
    ] as const
    expect(nearest(boxes, { x: 0, y: 0, width: 100, height: 100 })).toEqual(['middle', 'edge'])
  })
})

describe('the map', () => {
  it('has room for every node and for what is seen, in the right proportions', () => {
    const boxes = [box(0, 0), box(1000, 300)]
    const view = { x: -500, y: 0, width: 400, height: 300 }
    const frame = frameOf(boxes, view)
    for (const each of [...boxes, view]) {
      const drawn = onMap(each, frame)
      expect(drawn.x).toBeGreaterThanOrEqual(0)
      expect(drawn.y).toBeGreaterThanOrEqual(0)
      expect(drawn.x + drawn.width).toBeLessThanOrEqual(MAP.width)
      expect(drawn.y + drawn.height).toBeLessThanOrEqual(MAP.height)
      expect(drawn.width / drawn.height).toBeCloseTo(each.width / each.height)
    }
  })
})
