import { useOutput } from '@/api/runs'
import { useLive } from '@/live/RunContext'
import type { NodeDescription, ValueKind } from '../graph/types'
import { removalOf } from '../nodeAppearance'
import { useRemovedResult } from './useRemovedResult'

/** The first output of a kind that the shown run holds for a node, and where it lies. */
export function useNodeOutput(node: string, description: NodeDescription, kind: ValueKind) {
  const run = useLive((slice) => slice.run?.id ?? '')
  const ran = useLive((slice) => slice.run?.nodes[node])
  const port =
    description.outputs.find((candidate) => candidate.wire === kind && ran?.outputs[candidate.name])?.name ??
    ''
  const enabled = run !== '' && port !== '' && !removalOf(ran)
  // The address is part of the question: the same port holds something else after another attempt.
  const query = useOutput({ run, node, port }, { enabled })
  useRemovedResult(node, query.error)
  return { run, port, query, isThere: enabled }
}
