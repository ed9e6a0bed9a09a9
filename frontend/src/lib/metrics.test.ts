import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import chinese from '@/locales/zh/common.json'
import { i18next } from './i18n'
import { curveName, detailName, leadingMetric, metricName, metricsLine, ordered } from './metrics'

/** What models, searches and Evaluate call their numbers, see tasks/training and tasks/nodes/evaluate. */
const CURVES = ['train_loss', 'valid_loss', 'loss', 'trial', 'best']
const DETAILS = ['classes', 'class', 'precision', 'recall', 'rows', 'importance', 'column']
const CHINESE = /[\u4e00-\u9fff]/

beforeAll(() => i18next.addResourceBundle('zh', 'common', chinese))
afterAll(() => i18next.changeLanguage('en'))

describe('names of what was measured', () => {
  it('are words in English', async () => {
    await i18next.changeLanguage('en')
    expect(CURVES.map(curveName)).toEqual([
      'Training loss',
      'Validation loss',
      'Loss',
      'Each trial',
      'Best so far',
    ])
    expect(metricName('baseline_rmse')).toBe('Baseline RMSE')
  })

  it('are words in Chinese', async () => {
    await i18next.changeLanguage('zh')
    for (const name of [...CURVES.map(curveName), ...DETAILS.map(detailName)]) expect(name).toMatch(CHINESE)
  })

  it('of a plug-in are read as they are', async () => {
    await i18next.changeLanguage('en')
    expect(curveName('gradient_norm')).toBe('gradient norm')
  })
})

describe('the measure that a result is named by', () => {
  it('is the same wherever it stands, and the one a result line begins with', async () => {
    await i18next.changeLanguage('en')
    const scores = { rmse: 25.95, mae: 17.2, r2: 0.9387, baseline_rmse: 105 }
    expect(leadingMetric(Object.keys(scores), 'rmse')).toBe('r2')
    expect(ordered(Object.entries(scores)).map(([name]) => name)).toEqual([
      'r2',
      'rmse',
      'mae',
      'baseline_rmse',
    ])
    expect(metricsLine(scores)).toBe('R² 0.939 · RMSE 26')
    expect(leadingMetric(['logloss', 'auc', 'accuracy'], 'auc')).toBe('accuracy')
  })

  it('is the one that a node names where it has none of these', () => {
    expect(leadingMetric(['width', 'depth'], 'depth')).toBe('depth')
    expect(leadingMetric([], 'depth')).toBe('')
  })
})
