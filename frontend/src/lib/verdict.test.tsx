import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import { verdictIn, verdictOfOutputs, warningsIn } from './verdict'

const VERDICT = { state: 'weak', message: 'Weak: error 4; always answering the mean has 5 (R² 0.36).' }

describe('a verdict', () => {
  it('is read from what a node gave', () => {
    expect(verdictOfOutputs({ study: { summary: {} }, model: { summary: { verdict: VERDICT } } })).toBe(
      VERDICT,
    )
    expect(verdictOfOutputs({ table: { summary: { rows: 3 } } })).toBeNull()
    expect(verdictOfOutputs(undefined)).toBeNull()
  })

  it('of an unknown state is not drawn', () => {
    expect(verdictIn({ ...VERDICT, state: 'splendid' })).toBeNull()
    expect(verdictIn(null)).toBeNull()
  })
})

describe('the warnings of a deploy', () => {
  const warning = { code: 'few_rows', message: 'Judged on only 12 rows.' }

  it('are those of the refusal that asks for them', () => {
    const error = new ApiError(409, 'deploy_warned', 'Think twice', [], { warnings: [warning, 3] })
    expect(warningsIn(error)).toEqual([warning])
  })

  it('are none for another refusal', () => {
    expect(warningsIn(new ApiError(409, 'run_first', 'Run', [], { warnings: [warning] }))).toEqual([])
    expect(warningsIn(new Error('offline'))).toEqual([])
  })
})
