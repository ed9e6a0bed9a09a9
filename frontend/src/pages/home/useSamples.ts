import { useCatalogue } from '@/api/nodes'
import type { GraphDocument } from '@/contracts'
import { documentOfNode } from '@/lib/document'
import { useSampleName } from '@/lib/sampleName'

const SAMPLE_NODE = 'source.sample'

type Sample = { name: string; title: string; document: GraphDocument }

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The choices of the sample node's one enumeration, which is its list of data sets. */
function choicesOf(schema: Record<string, unknown>): { param: string; values: string[] } | null {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  for (const [param, property] of Object.entries(properties)) {
    if (isRecord(property) && Array.isArray(property['enum']))
      return { param, values: property['enum'].map(String) }
  }
  return null
}

/** Sample data sets as graphs of one node, as the catalogue lists them. */
export function useSamples(): Sample[] {
  const { data } = useCatalogue()
  const titleOf = useSampleName()
  const node = data?.nodes.find((each) => each.id === SAMPLE_NODE)
  const choices = node ? choicesOf(node.params) : null
  if (!node || !choices) return []
  return choices.values.map((name) => ({
    name,
    title: titleOf(name),
    document: documentOfNode(SAMPLE_NODE, { ...node.defaults, [choices.param]: name }),
  }))
}
