import type { Column } from '@/contracts'
import type { Params } from '../graph/types'

/** What the server says about a document: faults, the columns on each edge, and the cost of a run. */
export interface Fix {
  readonly kind: 'insert_before' | 'move_after' | 'set_params'
  readonly type: string
  readonly params: Params
  /** The node it is for, when that is not the node of the problem. */
  readonly node?: string
}

export interface Problem {
  readonly at: string
  readonly node: string
  readonly message: string
  readonly message_id: string
  readonly message_params: unknown
  readonly severity: 'error' | 'warning'
  readonly fix: Fix | null
  /** Other ways out. */
  readonly more_fixes: readonly Fix[]
}

export interface PlannedNode {
  readonly node: string
  readonly is_cached: boolean
  readonly seconds: number
  readonly memory_bytes: number
  readonly gpu_bytes: number
}

export interface Check {
  readonly problems: readonly Problem[]
  readonly schemas: Readonly<Record<string, Readonly<Record<string, TableSchema>>>>
  readonly plan: {
    readonly nodes: readonly PlannedNode[]
    readonly seconds: number
    readonly memory_bytes: number
    readonly gpu_bytes: number
  }
}

export interface TableSchema {
  readonly columns: readonly Column[]
  readonly is_open: boolean
}

/** A check with the indexes that nodes read by id. */
export interface CheckIndex extends Check {
  readonly problemsOf: Readonly<Record<string, readonly Problem[]>>
  readonly planOf: Readonly<Record<string, PlannedNode>>
  /** `RunSlice.runGeneration` when the check was requested. */
  readonly runGeneration: number
}

/** What a run would do, unless that was asked before the run on show began or ended. */
export function planAt(check: CheckIndex | null, runGeneration: number): CheckIndex | null {
  return check?.runGeneration === runGeneration ? check : null
}

export function indexCheck(check: Check, before: CheckIndex | null, runGeneration = 0): CheckIndex {
  const problemsOf: Record<string, Problem[]> = {}
  for (const problem of check.problems) {
    const list = problemsOf[problem.node] ?? []
    list.push(problem)
    problemsOf[problem.node] = list
  }
  return {
    ...check,
    runGeneration,
    problemsOf: keepEqual(problemsOf, before?.problemsOf),
    planOf: keepEqual(Object.fromEntries(check.plan.nodes.map((item) => [item.node, item])), before?.planOf),
  }
}

/** Keep the former object wherever it says the same, so that only nodes that changed are drawn again. */
function keepEqual<T>(
  next: Readonly<Record<string, T>>,
  before?: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(next).map(([id, value]) => {
      const old = before?.[id]
      return [id, old !== undefined && JSON.stringify(old) === JSON.stringify(value) ? old : value]
    }),
  )
}
