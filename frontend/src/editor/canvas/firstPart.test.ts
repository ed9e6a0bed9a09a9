import { expect, it } from 'vitest'
import { firstTab } from '../panels/inspectorTabs'
import { firstPart } from './firstPart'

it('the strip of a judged node has its first measure whole', () => {
  expect(firstPart('Accuracy 0.509 · ROC AUC 0.886', true)).toBe('Accuracy 0.509')
  expect(firstPart('ROC AUC 0.817 on parts of the training rows', true)).toBe('ROC AUC 0.817')
  expect(firstPart('F1 0.66', true)).toBe('F1 0.66')
  expect(firstPart('R² −1.56 · RMSE 16', true)).toBe('R² −1.56')
})

it('any other strip has what there is room for', () => {
  expect(firstPart('2,608 train, 652 test', false)).toBe('2,608 train, 652 test')
  expect(firstPart('Checked, ready to deploy · 377 rows answered', false)).toBe('Checked, ready to deploy')
})

it('a node that judged a model opens with its result, unless something is wrong with it', () => {
  const described = (...wires: string[]) => ({ outputs: wires.map((wire) => ({ wire })) }) as never
  const done = { state: 'done' } as never
  expect(firstTab(described('metrics', 'report'), done, false)).toBe('metrics')
  expect(firstTab(described('metrics', 'report'), done, true)).toBe('parameters')
  expect(firstTab(described('metrics', 'report'), undefined, false)).toBe('parameters')
  expect(firstTab(described('model', 'metrics'), done, false)).toBe('parameters')
})
