import { indexCatalogue } from './catalogue'
import type { NodeDescription, PortDescription, ValueKind } from './types'

/** A small catalogue for tests: the shape of the real one, with only what the tests look at. */
function port(name: string, kind: ValueKind = name as ValueKind, isOptional = false): PortDescription {
  return { name, wire: kind, is_optional: isOptional }
}

const PURPOSES = ['source', 'clean', 'features', 'split', 'model', 'tune', 'evaluate', 'publish']

function node(id: string, given: Partial<NodeDescription>): NodeDescription {
  return {
    id,
    title: id,
    summary: '',
    detail: '',
    icon: 'box',
    group: id.split('.')[0] ?? '',
    purpose: { title: id.split('.')[0] ?? '', icon: 'box', order: PURPOSES.indexOf(id.split('.')[0] ?? '') },
    keywords: [],
    version: 1,
    serve: 'none',
    uses_gpu: false,
    is_cheap: false,
    replaces: [],
    renamed: {},
    inputs: [],
    outputs: [],
    params: { type: 'object', properties: {} },
    defaults: {},
    ...given,
  }
}

const table = port('table')
const model = port('model')

export const FIXTURE_NODES: readonly NodeDescription[] = [
  node('source.file', {
    title: 'Table file',
    summary: 'Read a data set.',
    outputs: [table],
    defaults: { dataset: '', target: '' },
  }),
  node('clean.impute', {
    title: 'Fill in missing',
    summary: 'Put a value where none is.',
    keywords: ['impute', 'missing'],
    serve: 'fitted',
    inputs: [table],
    outputs: [table],
    defaults: { strategy: 'median' },
  }),
  node('features.scale', {
    title: 'Scale',
    serve: 'fitted',
    inputs: [table],
    outputs: [table],
    replaces: ['features.normalise'],
    defaults: { strategy: 'standard' },
  }),
  node('split.split', { title: 'Split', inputs: [table], outputs: [table] }),
  node('model.linear', { title: 'Linear model', inputs: [table], outputs: [model, port('metrics')] }),
  node('tune.tune', { title: 'Tune', inputs: [model], outputs: [model, port('study')] }),
  node('evaluate.evaluate', {
    title: 'Evaluate',
    inputs: [model],
    outputs: [port('metrics'), port('report')],
  }),
  node('publish.deploy', { title: 'Deploy', inputs: [model], outputs: [port('endpoint')] }),
]

export const FIXTURE_CATALOGUE = indexCatalogue(FIXTURE_NODES)
