import type { Catalogue, NodeDescription, PortDescription, ValueKind } from './types'

export function indexCatalogue(nodes: readonly NodeDescription[]): Catalogue {
  const byId = new Map<string, NodeDescription>()
  for (const node of nodes) for (const former of node.replaces) byId.set(former, node)
  for (const node of nodes) byId.set(node.id, node)
  return { nodes, find: (type) => byId.get(type) }
}

export interface NodeGroup {
  readonly name: string
  readonly title: string
  readonly nodes: readonly NodeDescription[]
}

/** The nodes under the heading of their purpose, in the order that the purposes name. */
export function groupNodes(nodes: readonly NodeDescription[]): readonly NodeGroup[] {
  const groups = new Map<string, NodeDescription[]>()
  for (const node of nodes) groups.set(node.group, [...(groups.get(node.group) ?? []), node])
  return [...groups]
    .map(([name, members]) => ({ name, nodes: members, purpose: members[0]?.purpose }))
    .map(({ purpose, ...group }) => ({
      ...group,
      title: purpose?.title ?? group.name,
      order: purpose?.order ?? Number.POSITIVE_INFINITY,
    }))
    .sort((a, b) => a.order - b.order || a.title.localeCompare(b.title))
}

/** Nodes that fit the words typed, best first. Every word must be found somewhere. */
export function searchNodes(nodes: readonly NodeDescription[], query: string): readonly NodeDescription[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return nodes
  return nodes
    .map((node) => ({ node, score: words.map((word) => scoreOf(node, word)) }))
    .filter(({ score }) => score.every((value) => value > 0))
    .map(({ node, score }) => ({ node, total: score.reduce((sum, value) => sum + value, 0) }))
    .sort((a, b) => b.total - a.total)
    .map(({ node }) => node)
}

function scoreOf(node: NodeDescription, word: string): number {
  const title = node.title.toLowerCase()
  if (title.startsWith(word)) return 10
  if (title.split(/\s+/).some((part) => part.startsWith(word))) return 8
  if (node.keywords.some((keyword) => keyword.toLowerCase().startsWith(word))) return 6
  if (node.id.includes(word)) return 5
  if (title.includes(word)) return 4
  return node.summary.toLowerCase().includes(word) ? 2 : 0
}

/** The free end of an edge: an output that looks for an input, or the reverse. */
export interface FreeEnd {
  readonly kind: ValueKind
  readonly needs: 'input' | 'output'
}

export function fittingPort(node: NodeDescription, end: FreeEnd): PortDescription | undefined {
  const ports = end.needs === 'input' ? node.inputs : node.outputs
  return ports.find((port) => port.wire === end.kind)
}

export function compatibleNodes(catalogue: Catalogue, end: FreeEnd): readonly NodeDescription[] {
  return catalogue.nodes.filter((node) => fittingPort(node, end) !== undefined)
}

/** Nodes that take one kind of edge and give the other, to be offered when two ends do not fit. */
export function converters(catalogue: Catalogue, from: ValueKind, to: ValueKind): readonly NodeDescription[] {
  return catalogue.nodes.filter(
    (node) => node.inputs.some((port) => port.wire === from) && node.outputs.some((port) => port.wire === to),
  )
}
