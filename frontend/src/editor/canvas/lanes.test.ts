import { describe, expect, it } from 'vitest'
import { type DrawnEdge, lanePath, lanesOf } from './lanes'
import type { Box } from './nearest'

const box = (x: number, y: number): Box => ({ x, y, width: 232, height: 128 })
const edge = (source: string, target: string, boxes: ReadonlyMap<string, Box>): DrawnEdge => {
  const [from, to] = [boxes.get(source), boxes.get(target)]
  if (!from || !to) throw new Error('no such node')
  return {
    id: `${source}-${target}`,
    source,
    target,
    start: { x: from.x + from.width, y: from.y + 60 },
    end: { x: to.x, y: to.y + 60 },
  }
}
const inRow = new Map([
  ['tune', box(0, 0)],
  ['evaluate', box(288, 0)],
  ['deploy', box(576, 0)],
])

describe('lanes', () => {
  it('lead an edge around the node that it would pass behind', () => {
    const lane = lanesOf([edge('tune', 'deploy', inRow)], inRow).get('tune-deploy') ?? 64
    expect(lane < 0 || lane > 128).toBe(true)
  })

  it('are not needed where nothing lies between', () => {
    const edges = [edge('tune', 'evaluate', inRow), edge('evaluate', 'deploy', inRow)]
    expect(lanesOf(edges, inRow).size).toBe(0)
    const aside = new Map([...inRow, ['evaluate', box(288, 400)] as const])
    expect(lanesOf([edge('tune', 'deploy', aside)], aside).size).toBe(0)
  })

  it('lie clear of what stands above and below', () => {
    const crowded = new Map([...inRow, ['above', box(288, -140)] as const])
    const lane = lanesOf([edge('tune', 'deploy', crowded)], crowded).get('tune-deploy')
    expect(lane).toBeGreaterThan(128)
  })

  it('lie beside each other for edges of different nodes, and are one for edges of the same', () => {
    const boxes = new Map([...inRow, ['split', box(-288, 0)] as const, ['predict', box(864, 0)] as const])
    const joins = [
      ['tune', 'deploy'],
      ['tune', 'predict'],
      ['split', 'deploy'],
    ] as const
    const lanes = lanesOf(
      joins.map(([source, target]) => edge(source, target, boxes)),
      boxes,
    )
    const [first, same, other] = joins.map(
      ([source, target]) => lanes.get(`${source}-${target}`) ?? Number.NaN,
    )
    expect(same).toBe(first)
    expect(Math.abs(Number(other) - Number(first))).toBeGreaterThanOrEqual(8)
  })

  it('lead an edge back to the next row between the rows', () => {
    const rows = new Map([
      ['a', box(0, 0)],
      ['b', { ...box(288, 0), height: 260 }],
      ['c', box(0, 300)],
    ])
    const lane = lanesOf([edge('b', 'c', rows)], rows).get('b-c')
    expect(lane).toBeGreaterThan(260)
    expect(lane).toBeLessThan(300)
  })

  it('are drawn from port to port', () => {
    const [path, , y] = lanePath({ x: 0, y: 0 }, { x: 500, y: 20 }, 200)
    expect(path.startsWith('M0,0')).toBe(true)
    expect(path.endsWith('L500,20')).toBe(true)
    expect(y).toBe(200)
  })
})
