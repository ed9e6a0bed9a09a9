import { ApiError } from '@/api/errors'
import type { Verdict } from '@/contracts'
import { isRecord, type Message } from './messages'

/** A reason why a deploy asks again: a code that the request acknowledges, and its sentence. */
export type DeployWarning = Message & { readonly code: string }

const STATES: readonly string[] = ['excellent', 'useful', 'unproven', 'weak', 'guessing', 'too_good']

/** The verdict in stored data, if there is one that this page knows how to draw. */
export function verdictIn(value: unknown): Verdict | null {
  if (!isRecord(value) || !STATES.includes(String(value['state']))) return null
  return value as unknown as Verdict
}

/** The verdict on what a node gave: on its model, or on its metrics. */
export function verdictOfOutputs(
  outputs: Readonly<Record<string, { summary?: unknown }>> | undefined,
): Verdict | null {
  for (const { summary } of Object.values(outputs ?? {})) {
    const found = isRecord(summary) ? verdictIn(summary['verdict']) : null
    if (found) return found
  }
  return null
}

/** The verdict on a run: on the last of these nodes that has one, with that node. */
export function lastVerdict(
  order: readonly string[],
  nodes: Readonly<Record<string, { outputs: Parameters<typeof verdictOfOutputs>[0] }>>,
): { readonly node: string; readonly verdict: Verdict } | null {
  for (const node of order.toReversed()) {
    const verdict = verdictOfOutputs(nodes[node]?.outputs)
    if (verdict) return { node, verdict }
  }
  return null
}

/** What a refused deploy asks to acknowledge; empty for any other error. */
export function warningsIn(error: unknown): readonly DeployWarning[] {
  if (!(error instanceof ApiError) || error.code !== 'deploy_warned' || !isRecord(error.body)) return []
  const listed = error.body['warnings']
  if (!Array.isArray(listed)) return []
  return listed.filter((each): each is DeployWarning => isRecord(each) && typeof each['code'] === 'string')
}
