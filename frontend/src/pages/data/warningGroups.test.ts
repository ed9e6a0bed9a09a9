import { expect, it } from 'vitest'
import type { ProfileWarning } from '@/contracts'
import { grouped } from './warningGroups'

const warning = (code: string, isFixable = false) =>
  ({
    code,
    fix: isFixable ? { type: 'clean.impute', version: 1, params: {} } : null,
  }) as unknown as ProfileWarning

it('puts what was lost or is doubtful first, then what a node fixes, then what was noticed while reading', () => {
  const given = [
    warning('encoding'),
    warning('missing', true),
    warning('almost_numeric', true),
    warning('id_like', true),
    warning('set_aside'),
  ]
  expect(
    grouped(given).map(({ severity, warnings }) => [severity, warnings.map(({ code }) => code)]),
  ).toEqual([
    ['doubtful', ['almost_numeric', 'set_aside']],
    ['fixable', ['missing', 'id_like']],
    ['reading', ['encoding']],
  ])
})

it('has no group without warnings', () => {
  expect(grouped([warning('encoding')]).map(({ severity }) => severity)).toEqual(['reading'])
  expect(grouped([])).toEqual([])
})
