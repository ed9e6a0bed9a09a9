import type { Verdict } from '@/contracts'
import type { DeployWarning } from '@/lib/verdict'
import { findNode, reachable } from './read'
import type { Catalogue, GraphDocument, GraphNode, Params } from './types'

/** What a person may do about a verdict with one click, and what the graph needs for it. */
export type NextStep =
  | {
      readonly kind: 'leaveOut' | 'splitByTime' | 'splitByGroup'
      readonly column: string
      readonly node: string
      readonly params: Params
    }
  | {
      readonly kind: 'useWords' | 'putSplit' | 'dropDuplicates'
      readonly type: string
      readonly before: string
    }
  | { readonly kind: 'tryTune'; readonly type: string; readonly behind: string }
  | { readonly kind: 'lookAtData'; readonly dataset: string }

/** What of a verdict the steps depend on. */
export interface Judgement {
  readonly state: Verdict['state']
  readonly caveats: readonly { readonly code: string; readonly message_params?: unknown }[]
}

/** What the warnings of a refused deploy say of the model. */
export function judgementIn(warnings: readonly DeployWarning[]): Judgement {
  const isGuessing = warnings.some(({ code }) => code === 'no_better_than_guessing')
  return { state: isGuessing ? 'guessing' : 'useful', caveats: warnings }
}

const LEAKS = new Set(['leak_equal', 'leak_ordered', 'leak_alone', 'counts_rows', 'made_of_target'])
const DUPLICATES = new Set(['duplicates_across_split', 'few_duplicates_across_split'])
const FEW = new Set(['few_rows', 'few_of_class', 'rare_class'])

/**
 * The steps that a verdict suggests for the graph it was made by, the most urgent first.
 *
 * `node`: the one that gave the verdict.
 */
export function nextSteps(
  document: GraphDocument,
  catalogue: Catalogue,
  verdict: Judgement,
  node: string,
): readonly NextStep[] {
  const above = reachable(document, [node], 'upstream')
  const nodes = document.nodes.filter(({ id }) => above.has(id))
  const source = nodes.find(({ type, params }) => type === 'source.file' && params['target'])
  const split = nodes.find(({ type }) => type === 'split.split')
  const learner = nodes.find(({ id, type }) => isLearner(catalogue, type) && findNode(document, id))
  const steps: NextStep[] = []
  for (const { code, message_params } of verdict.caveats) {
    const column = String((message_params as { readonly column?: unknown } | null)?.column ?? '')
    if (LEAKS.has(code) && source && column) steps.push(leaveOut(source, column))
    if (code === 'date_under_random_split' && split) {
      steps.push({ kind: 'splitByTime', column, node: split.id, params: { method: 'time', by: column } })
    }
    if (code === 'groups_across_split' && split) {
      steps.push({ kind: 'splitByGroup', column, node: split.id, params: { method: 'group', by: column } })
    }
    if (DUPLICATES.has(code) && split)
      steps.push({ kind: 'dropDuplicates', type: 'clean.deduplicate', before: split.id })
    if (code === 'text_unused' && learner)
      steps.push({ kind: 'useWords', type: 'features.text', before: learner.id })
    if (code === 'no_held_out_rows' && learner && !split)
      steps.push({ kind: 'putSplit', type: 'split.split', before: learner.id })
  }
  const isPoor = verdict.state === 'guessing' || verdict.state === 'weak'
  const isTuned = nodes.some(({ type }) => type === 'tune.tune')
  const isFew = verdict.caveats.some(({ code }) => FEW.has(code))
  if ((isPoor || isFew) && learner && !isTuned && !isFollowedByTune(document, learner.id))
    steps.push({ kind: 'tryTune', type: 'tune.tune', behind: learner.id })
  const dataset = source?.params['dataset']
  if (verdict.state === 'guessing' && typeof dataset === 'string') steps.push({ kind: 'lookAtData', dataset })
  return steps.filter((step) => !('type' in step) || catalogue.find(step.type) !== undefined)
}

/** Whether the graph still has the place of a step that was suggested for another version of it, and lacks the step. */
export function isStillOpen(document: GraphDocument, step: NextStep): boolean {
  if (step.kind === 'lookAtData') return true
  if ('params' in step) {
    const params = findNode(document, step.node)?.params
    if (!params) return false
    if (step.kind === 'leaveOut') return !ignoredIn(params).includes(step.column)
    return Object.entries(step.params).some(([name, value]) => params[name] !== value)
  }
  const place = findNode(document, 'before' in step ? step.before : step.behind)
  return place !== undefined && !document.nodes.some(({ type }) => type === step.type)
}

/** The columns that a source leaves out. */
export function ignoredIn(params: Params): readonly unknown[] {
  const ignored = params['ignore']
  return Array.isArray(ignored) ? ignored : []
}

function leaveOut(source: GraphNode, column: string): NextStep {
  const ignore = [...ignoredIn(source.params).filter((name) => name !== column), column]
  return { kind: 'leaveOut', column, node: source.id, params: { ignore } as Params }
}

function isLearner(catalogue: Catalogue, type: string): boolean {
  const description = catalogue.find(type)
  const takesTable = description?.inputs.some(({ wire }) => wire === 'table')
  return Boolean(takesTable && description?.outputs.some(({ wire }) => wire === 'model'))
}

function isFollowedByTune(document: GraphDocument, id: string): boolean {
  return document.edges.some(
    ({ source, target }) => source === id && findNode(document, target)?.type === 'tune.tune',
  )
}
