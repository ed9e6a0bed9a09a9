import { expect, it } from 'vitest'
import type { Run } from '@/contracts'
import type { NodeDescription } from '@/editor/graph/types'
import { comparedMetrics, differingNodes, differingParams } from './compare'

function run(
  params: Record<string, unknown>,
  r2: number | null,
  more: Partial<Record<string, unknown>> = {},
): Run {
  const { id = 'forest', graph = 'g', type = 'model.forest', also = [] } = more as Record<string, never>
  const values = r2 === null ? {} : { r2 }
  const summary = { headline: 'r2', values }
  return {
    graph,
    nodes: [{ node: id, title: 'Forest', outputs: { metrics: { wire: 'metrics', address: 'a', summary } } }],
    document: { nodes: [{ id, type, title: '', params }, ...(also as object[])] },
  } as unknown as Run
}

const FOREST = {
  id: 'model.forest',
  title: 'Random forest',
  defaults: { max_depth: 0 },
  renamed: null,
  params: { properties: { max_depth: { title: 'Maximum depth', type: 'integer' } } },
} as unknown as NodeDescription
const words = {
  find: (type: string) => (type === 'model.forest' || type === 'old.forest' ? FOREST : undefined),
  datasets: {},
}

it('puts the measures of the same node side by side, with a gap where a run has none', () => {
  expect(comparedMetrics([run({}, 0.8), run({}, null), run({}, 0.9)], words)).toEqual([
    { key: 'forest', node: 'Random forest', name: 'r2', values: [0.8, undefined, 0.9] },
  ])
})

it('names parameters that differ as forms do, a default beside what was chosen', () => {
  expect(differingParams([run({}, 1), run({ max_depth: 4 }, 1)], words)).toEqual([
    { key: 'forest', node: 'Random forest', name: 'Maximum depth', values: ['0', '4'] },
  ])
  expect(differingParams([run({}, 1), run({ max_depth: 0 }, 1)], words)).toEqual([])
})

it('finds nodes of other graphs again by their kind, whatever their ids', () => {
  const other = run({ max_depth: 2 }, 0.5, { id: 'forest_7', graph: 'h', type: 'old.forest' })
  expect(comparedMetrics([run({}, 0.8), other], words).map(({ node, values }) => [node, values])).toEqual([
    ['Random forest', [0.8, 0.5]],
  ])
  expect(differingParams([run({}, 0.8), other], words).map(({ values }) => values)).toEqual([['0', '2']])
})

it('names nodes that only some runs have, and not each of their parameters', () => {
  const scale = { id: 'scale', type: 'features.scale', title: 'Scaling', params: { method: 'robust' } }
  const runs = [run({}, 1), run({}, 1, { also: [scale] })]
  expect(differingNodes(runs, words)).toEqual([
    { key: 'scale', node: 'Scaling', name: '', values: [undefined, true] },
  ])
  expect(differingParams(runs, words)).toEqual([])
})
