import type { TFunction } from 'i18next'
import { describe, expect, it } from 'vitest'
import { quickFixLabel } from './quickFix'

const t = ((key: string) => key) as TFunction<'editor'>

describe('quickFixLabel', () => {
  it.each([
    [{ max_rows: 500 }, 'problems.fewerRows'],
    [{ batch_size: 512 }, 'problems.smallerBatch'],
    [{ hidden_size: 64 }, 'problems.smallerModel'],
    [{ n_estimators: 50 }, 'problems.smallerModel'],
    [{ method: 'time', by: 'day' }, 'problems.splitByTime'],
    [{ depth: 3 }, 'problems.setParams'],
  ])('says what %o does', (params, label) => {
    expect(quickFixLabel(t, { kind: 'set_params', params }, 'Forest')).toBe(label)
  })
})
