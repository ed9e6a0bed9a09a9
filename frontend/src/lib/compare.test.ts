import { expect, it } from 'vitest'
import type { Run } from '@/contracts'
import { comparedMetrics, differingParams } from './compare'

function run(depth: number, r2: number | null, more: Record<string, unknown> = {}): Run {
  const values = r2 === null ? {} : { r2 }
  const summary = { headline: 'r2', values }
  return {
    nodes: [
      { node: 'forest', title: 'Forest', outputs: { metrics: { wire: 'metrics', address: 'a', summary } } },
    ],
    document: {
      nodes: [{ id: 'forest', type: 'model.forest', title: '', params: { depth, seed: 1, ...more } }],
    },
  } as unknown as Run
}

it('puts the measures of the same node side by side, with a gap where a run has none', () => {
  expect(comparedMetrics([run(3, 0.8), run(4, null), run(5, 0.9)])).toEqual([
    { node: 'Forest', name: 'r2', values: [0.8, undefined, 0.9] },
  ])
})

it('names parameters that differ and leaves out those that do not', () => {
  expect(differingParams([run(3, 1), run(4, 1, { bootstrap: true })])).toEqual([
    { node: 'model.forest', name: 'depth', values: ['3', '4'] },
    { node: 'model.forest', name: 'bootstrap', values: [undefined, 'true'] },
  ])
})
