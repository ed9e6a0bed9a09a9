import { expect, it } from 'vitest'
import { pauseUntilNext } from './pauseUntilNext'

it('fetches a list soon while a run moves, and now and then when none does', () => {
  expect(pauseUntilNext([null, { state: 'running' }])).toBe(1_500)
  expect(pauseUntilNext([null, { state: 'done' }])).toBe(15_000)
  expect(pauseUntilNext(undefined)).toBe(15_000)
})
