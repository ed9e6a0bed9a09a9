import { type NodeHandle, Position } from '@xyflow/react'
import { type Field, fieldsOf, keyFields } from '@/form/schema'
import {
  NODE_SIZE,
  type NodeDescription,
  type PortDescription,
  type GraphNode as SavedNode,
} from '../graph/types'
import { handleId } from './handles'

/** Heights in pixels of the parts of a node, as `GraphNode.module.css` draws them. */
const BORDER = 1
const HEADER = 36
const PARAM = 18
const PARAM_GAP = 2
const PARAMS_FOOT = 4
const PORT = 18
const PORTS_FOOT = 6
const STRIP = 26
/** Edge of the square that a port is drawn in. */
const GLYPH = 12

/** What a node takes on the canvas and where its ports lie: known before it is drawn, so that nothing need be measured. */
export interface NodeShape {
  readonly measured: { readonly width: number; readonly height: number }
  readonly handles: NodeHandle[]
}

const NO_FIELDS: readonly Field[] = []
const fields = new WeakMap<NodeDescription, readonly Field[]>()
const shapes = new WeakMap<NodeDescription, Map<number, NodeShape>>()

/** The fields of a kind of node, read once for all nodes of that kind. */
export function fieldsOfNode(description: NodeDescription | undefined): readonly Field[] {
  if (!description) return NO_FIELDS
  const known = fields.get(description)
  if (known) return known
  const made = fieldsOf(description.params, description.defaults)
  fields.set(description, made)
  return made
}

/** The shape of a node; the very same object for all nodes of a kind that show as many parameters. */
export function shapeOf(node: SavedNode, description: NodeDescription): NodeShape {
  const shown = keyFields(fieldsOfNode(description), node.params).length
  const ofKind = shapes.get(description) ?? new Map<number, NodeShape>()
  shapes.set(description, ofKind)
  const known = ofKind.get(shown)
  if (known) return known
  const made = makeShape(description, shown)
  ofKind.set(shown, made)
  return made
}

function makeShape({ inputs, outputs }: NodeDescription, shown: number): NodeShape {
  const params = shown === 0 ? 0 : shown * PARAM + (shown - 1) * PARAM_GAP + PARAMS_FOOT
  const portsTop = BORDER + HEADER + params
  const ports = Math.max(inputs.length, outputs.length) * PORT + PORTS_FOOT
  const place =
    (side: 'input' | 'output') =>
    (port: PortDescription, index: number): NodeHandle => ({
      id: handleId(side, port.name),
      type: side === 'input' ? 'target' : 'source',
      position: side === 'input' ? Position.Left : Position.Right,
      x: (side === 'input' ? BORDER : NODE_SIZE.width - BORDER) - GLYPH / 2,
      y: portsTop + index * PORT + (PORT - GLYPH) / 2,
      width: GLYPH,
      height: GLYPH,
    })
  return {
    measured: { width: NODE_SIZE.width, height: portsTop + ports + STRIP + BORDER },
    handles: [...inputs.map(place('input')), ...outputs.map(place('output'))],
  }
}
