import { expect, test } from 'vitest'
import type { Verdict } from '@/contracts'
import { FIXTURE_CATALOGUE } from './fixtureCatalogue'
import { isStillOpen, nextSteps } from './nextSteps'
import type { GraphDocument, GraphNode } from './types'

function node(id: string, type: string, params: GraphNode['params'] = {}): GraphNode {
  return {
    id,
    type,
    version: 1,
    params,
    position: { x: 0, y: 0 },
    title: '',
    is_disabled: false,
    is_frozen: false,
  }
}

function edge(source: string, target: string, port = 'table') {
  return { source, source_port: port, target, target_port: port }
}

const DOCUMENT: GraphDocument = {
  nodes: [
    node('file', 'source.file', { dataset: 'd', target: 'price', ignore: ['id'] }),
    node('split', 'split.split'),
    node('model', 'model.linear'),
    node('evaluate', 'evaluate.evaluate'),
  ],
  edges: [edge('file', 'split'), edge('split', 'model'), edge('model', 'evaluate', 'model')],
  notes: [],
  seed: 0,
}

function verdict(state: Verdict['state'], ...caveats: [string, string?][]): Verdict {
  const made = {
    state,
    message: '',
    message_id: '',
    message_params: null,
    measure: 'rmse',
    score: 1,
    baseline: 2,
    scored_on: 'test',
    rows: 100,
    dropped: 0,
    caveats: caveats.map(([code, column]) => ({
      code,
      message: '',
      message_id: '',
      message_params: { column },
    })),
  }
  return made as unknown as Verdict
}

const stepsOf = (made: Verdict, document = DOCUMENT) =>
  nextSteps(document, FIXTURE_CATALOGUE, made, 'evaluate')

test('a column that gives the answer away is left out at the source', () => {
  expect(stepsOf(verdict('too_good', ['leak_equal', 'tax']))).toEqual([
    { kind: 'leaveOut', column: 'tax', node: 'file', params: { ignore: ['id', 'tax'] } },
  ])
})

test('dates and customers on both sides of a split make it go by them', () => {
  const found = stepsOf(
    verdict('useful', ['date_under_random_split', 'day'], ['groups_across_split', 'customer_id']),
  )
  expect(found).toEqual([
    { kind: 'splitByTime', column: 'day', node: 'split', params: { method: 'time', by: 'day' } },
    {
      kind: 'splitByGroup',
      column: 'customer_id',
      node: 'split',
      params: { method: 'group', by: 'customer_id' },
    },
  ])
})

test('a model that guesses is tuned, unless it was, and its data are looked at', () => {
  expect(stepsOf(verdict('guessing'))).toEqual([
    { kind: 'tryTune', type: 'tune.tune', behind: 'model' },
    { kind: 'lookAtData', dataset: 'd' },
  ])
  const tuned: GraphDocument = {
    ...DOCUMENT,
    nodes: [...DOCUMENT.nodes, node('tune', 'tune.tune')],
    edges: [...DOCUMENT.edges.slice(0, 2), edge('model', 'tune', 'model'), edge('tune', 'evaluate', 'model')],
  }
  expect(stepsOf(verdict('guessing'), tuned)).toEqual([{ kind: 'lookAtData', dataset: 'd' }])
})

test('a model judged on its own rows gets a split, and a good one needs nothing', () => {
  const unsplit: GraphDocument = {
    ...DOCUMENT,
    nodes: DOCUMENT.nodes.filter(({ id }) => id !== 'split'),
    edges: [edge('file', 'model'), edge('model', 'evaluate', 'model')],
  }
  expect(stepsOf(verdict('useful', ['no_held_out_rows']), unsplit)).toEqual([
    { kind: 'putSplit', type: 'split.split', before: 'model' },
  ])
  expect(stepsOf(verdict('excellent'))).toEqual([])
})

test('a step is no longer open in a graph that took it, or lost its place', () => {
  const [leaving, splitting] = stepsOf(
    verdict('useful', ['leak_equal', 'tax'], ['date_under_random_split', 'day']),
  )
  const [tuning, looking] = stepsOf(verdict('guessing'))
  const steps = [leaving, splitting, tuning, looking].flatMap((step) => step ?? [])
  const openIn = (nodes: GraphNode[]) => steps.map((step) => isStillOpen({ ...DOCUMENT, nodes }, step))
  expect(openIn([...DOCUMENT.nodes])).toEqual([true, true, true, true])
  expect(openIn([])).toEqual([false, false, false, true])
  const taken = [
    node('file', 'source.file', { ignore: ['tax'] }),
    node('split', 'split.split', { method: 'time', by: 'day' }),
    node('model', 'model.linear'),
    node('tune', 'tune.tune'),
  ]
  expect(openIn(taken)).toEqual([false, false, false, true])
})
