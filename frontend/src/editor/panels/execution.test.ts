import { describe, expect, it } from 'vitest'
import { fieldsOf } from '@/form/schema'
import { applyCommand } from '../graph/command'
import type { GraphDocument, GraphNode, NodeDescription } from '../graph/types'
import { isTimeLimit, secondsOf, withTimeLimit } from './execution'

const words = { title: 'Time limit', description: 'How long.' }
const description = {
  id: 'model.linear',
  params: { properties: { ridge: { type: 'number', default: 1 } } },
  defaults: { ridge: 1 },
} as unknown as NodeDescription
const node = {
  id: 'm',
  type: 'model.linear',
  version: 1,
  params: { ridge: 2 },
  position: { x: 0, y: 0 },
  title: '',
  is_disabled: false,
  is_frozen: false,
} satisfies GraphNode
const document: GraphDocument = { nodes: [node], edges: [], notes: [], seed: 0 }

function limited(seconds: number, before = document): GraphNode | undefined {
  return applyCommand(before, { nodes: {} } as never, { kind: 'limit', node: 'm', seconds }).nodes[0]
}

describe('how a node is run', () => {
  it('stands in the form behind the parameters, among the advanced ones', () => {
    const { schema, defaults, paramsOf } = withTimeLimit(description, words)
    const fields = fieldsOf(schema, defaults)
    expect(fields.map((field) => field.schema.title)).toEqual([undefined, 'Time limit'])
    expect(fields[1]?.hints).toEqual({ advanced: true, unit: 'seconds' })
    expect(isTimeLimit(fields[1]?.name ?? '')).toBe(true)
    expect(paramsOf(node)).toBe(node.params)
    expect(Object.values(paramsOf({ ...node, time_limit_seconds: 30 }))).toEqual([2, 30])
  })

  it('is part of the node, not of its parameters, and absent without a limit', () => {
    const set = limited(90)
    expect(set).toEqual({ ...node, time_limit_seconds: 90 })
    expect(limited(0, { ...document, nodes: set ? [set] : [] })).toEqual(node)
  })

  it('is a whole number of seconds', () => {
    expect([secondsOf(12.4), secondsOf(-3), secondsOf(undefined), secondsOf(null)]).toEqual([12, 0, 0, 0])
  })
})
