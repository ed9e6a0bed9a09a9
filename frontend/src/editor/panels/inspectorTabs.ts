import type { NodeRun } from '@/live/runState'
import type { NodeDescription, ValueKind } from '../graph/types'
import type { InspectorTab } from '../store/createUiStore'

/** The tab that a node opens with: its result once it has judged a model, else its parameters. */
export function firstTab(
  description: NodeDescription,
  run: NodeRun | undefined,
  hasProblems: boolean,
): InspectorTab {
  const gives = description.outputs.map((port) => port.wire)
  const judges = gives.includes('metrics') && !gives.includes('model')
  return judges && run?.state === 'done' && !hasProblems ? 'metrics' : 'parameters'
}

/** The tabs that make sense for a node: by what it gives, and by what its run left behind. */
export function inspectorTabs(
  description: NodeDescription,
  run: NodeRun | undefined,
): readonly InspectorTab[] {
  const gives = (kind: ValueKind) => description.outputs.some((port) => port.wire === kind)
  const takesTable = description.inputs.some((port) => port.wire === 'table')
  const hasCurves = run !== undefined && Object.keys(run.curves).length > 0
  const tabs: readonly (readonly [InspectorTab, boolean])[] = [
    ['parameters', true],
    ['data', gives('table') || takesTable],
    ['chart', gives('report') || hasCurves || gives('study')],
    ['metrics', gives('metrics')],
    ['trials', gives('study')],
    ['model', gives('model') || gives('endpoint')],
    ['log', true],
    ['help', true],
  ]
  return tabs.filter(([, isShown]) => isShown).map(([name]) => name)
}
