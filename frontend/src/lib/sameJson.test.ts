import { describe, expect, it } from 'vitest'
import { sameJson } from './sameJson'

describe('two values of JSON', () => {
  it.each([
    [
      { a: 1, b: [{ c: null }] },
      { b: [{ c: null }], a: 1 },
    ],
    [[], []],
    ['x', 'x'],
  ])('are the same: %j and %j', (a, b) => expect(sameJson(a, b)).toBe(true))

  it.each([
    [{ a: 1 }, { a: 1, b: undefined }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [{ a: undefined }, { b: undefined }],
    [1, '1'],
  ])('differ: %j and %j', (a, b) => expect(sameJson(a, b)).toBe(false))
})
