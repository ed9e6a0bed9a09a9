import type {
  Check as ServerCheck,
  GraphDocument as ServerDocument,
  NodeDescription as ServerNode,
} from '@/contracts'
import type { GraphDocument, NodeDescription } from './graph/types'
import type { Check } from './store/check'

/**
 * The seam between what the server's contract says and the narrower types of the editor: the same values, read-only and
 * with closed sets of words. The catalogue's own tests on the server keep the sets closed.
 */
export function toServer(document: GraphDocument): ServerDocument {
  return document as unknown as ServerDocument
}

export function fromServer(document: unknown): GraphDocument {
  const given = document as Partial<GraphDocument>
  return {
    nodes: (given.nodes ?? []).map((node) => ({
      id: node.id,
      type: node.type,
      version: node.version ?? 1,
      params: node.params ?? {},
      position: node.position ?? { x: 0, y: 0 },
      title: node.title ?? '',
      is_disabled: node.is_disabled ?? false,
      is_frozen: node.is_frozen ?? false,
      ...(node.time_limit_seconds ? { time_limit_seconds: node.time_limit_seconds } : {}),
    })),
    edges: given.edges ?? [],
    notes: given.notes ?? [],
    seed: given.seed ?? 0,
  }
}

export function describe(node: ServerNode): NodeDescription {
  return node as unknown as NodeDescription
}

export function checkFrom(check: ServerCheck): Check {
  return check as unknown as Check
}
