import { useOutput } from '@/api/runs'
import { useLive } from '@/live/RunContext'
import type { NodeDescription, WireKind } from '../graph/types'
import { removalOf } from '../status'
import { useNoteRemoved } from './useNoteRemoved'

/** The first output of a kind that the shown run holds for a node, and where it lies. */
export function useNodeOutput(node: string, description: NodeDescription, wire: WireKind) {
  const run = useLive((slice) => slice.run?.id ?? '')
  const ran = useLive((slice) => slice.run?.nodes[node])
  const port =
    description.outputs.find((candidate) => candidate.wire === wire && ran?.outputs[candidate.name])?.name ??
    ''
  const enabled = run !== '' && port !== '' && !removalOf(ran)
  // The address is part of the question: the same port holds something else after another attempt.
  const query = useOutput({ run, node, port }, { enabled })
  useNoteRemoved(node, query.error)
  return { run, port, query, isThere: enabled }
}
