import { messageText } from '@/lib/messages'
import type { NodeDescription } from './graph/types'
import type { Problem } from './store/check'

export interface SortedProblems {
  /** Parameter to the first thing that is wrong with it. */
  readonly byParam: Readonly<Record<string, string>>
  /** What belongs to the node as a whole or to one of its ports. */
  readonly others: readonly Problem[]
}

/** Put each problem where it happened: `nodes.<id>.params.<name>` on the field, the rest above the form. */
export function problemsByParam(
  nodeId: string,
  problems: readonly Problem[],
  description: NodeDescription,
): SortedProblems {
  const prefix = `nodes.${nodeId}.params.`
  const byParam: Record<string, string> = {}
  const others: Problem[] = []
  for (const problem of problems) {
    const name = problem.at.startsWith(prefix) ? (problem.at.slice(prefix.length).split('.')[0] ?? '') : ''
    if (name in description.defaults) byParam[name] ??= messageText(problem)
    else others.push(problem)
    if (name in description.defaults && problem.fix) others.push(problem)
  }
  return { byParam, others }
}
