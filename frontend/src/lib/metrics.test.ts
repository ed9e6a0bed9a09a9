import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import chinese from '@/locales/zh/common.json'
import { i18next } from './i18n'
import { curveName, detailName, metricName } from './metrics'

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
