import { describe, expect, it } from 'vitest'
import { columnEdges, columnWindow, filledWidths, naturalWidth, rowWindow, widened } from './gridWindow'

const view = { viewHeight: 280, rowHeight: 28, overscan: 0 }

describe('rowWindow', () => {
  it('draws the rows at the scrolled place', () => {
    const drawn = rowWindow({ ...view, scrollTop: 280, total: 1000 })
    expect([drawn.start, drawn.end, drawn.top]).toEqual([10, 20, 280])
  })

  it('draws everything of a short table', () => {
    const drawn = rowWindow({ ...view, scrollTop: 0, total: 3 })
    expect([drawn.start, drawn.end, drawn.height]).toEqual([0, 3, 84])
  })

  it('reaches the last of a million rows although no box may be that tall', () => {
    const total = 1_000_000
    const { height } = rowWindow({ ...view, scrollTop: 0, total })
    const last = rowWindow({ ...view, scrollTop: height - 280, total })
    expect(height).toBeLessThan(total * 28)
    expect(last.end).toBe(total)
    expect(last.top + (last.end - last.start) * 28).toBeCloseTo(height)
  })

  it('shows an empty table without rows', () => {
    expect(rowWindow({ ...view, scrollTop: 0, total: 0 })).toMatchObject({ start: 0, end: 0, height: 0 })
  })
})

describe('columnWindow', () => {
  const edges = columnEdges([100, 100, 100, 100, 100])

  it('covers what is in view and one column to each side', () => {
    expect(columnWindow(edges, 150, 100)).toEqual([0, 4])
    expect(columnWindow(edges, 0, 90)).toEqual([0, 2])
  })
})

describe('column widths', () => {
  it('give a date and a wide script room for all their letters', () => {
    expect(naturalWidth('day', 'date', ['2012-07-20']) - 24).toBeGreaterThan(10 * 7)
    expect(naturalWidth('城市名称很长的一列', '', [])).toBeGreaterThan(naturalWidth('town name', '', []))
  })

  it('grow where a value further down needs more, and stay the same list where none does', () => {
    const widths = [100, 100, 100]
    const drawn = () => 120
    expect(widened(widths, [110, 200], 1, drawn)).toEqual([100, 100, 200])
    expect(widened(widths, [110, 120], 1, drawn)).toBe(widths)
  })

  it('fill the room in proportion and never shrink', () => {
    expect(filledWidths([100, 300], 800)).toEqual([200, 600])
    expect(filledWidths([100, 300], 200)).toEqual([100, 300])
  })
})
