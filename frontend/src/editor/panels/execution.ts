import type { GraphNode, Json, NodeDescription, Params } from '../graph/types'

/** No parameter of a node can be named so: parameters are Python names. */
const TIME_LIMIT = '$time_limit'
const LONGEST_SECONDS = 30 * 24 * 3600

export interface ExecutionWords {
  readonly title: string
  readonly description: string
}

/** The form of a node with how it is run behind its own parameters. */
export function withTimeLimit(node: NodeDescription, words: ExecutionWords) {
  const properties = (node.params['properties'] ?? {}) as Readonly<Record<string, unknown>>
  const limit = {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: LONGEST_SECONDS,
    ...words,
    'x-lepton': { advanced: true, unit: 'seconds' },
  }
  return {
    schema: { ...node.params, properties: { ...properties, [TIME_LIMIT]: limit } },
    defaults: { ...node.defaults, [TIME_LIMIT]: 0 },
    paramsOf: (drawn: GraphNode): Params =>
      drawn.time_limit_seconds ? { ...drawn.params, [TIME_LIMIT]: drawn.time_limit_seconds } : drawn.params,
  }
}

export function isTimeLimit(name: string): boolean {
  return name === TIME_LIMIT
}

export function secondsOf(value: Json | undefined): number {
  return typeof value === 'number' ? Math.min(Math.max(Math.round(value), 0), LONGEST_SECONDS) : 0
}
