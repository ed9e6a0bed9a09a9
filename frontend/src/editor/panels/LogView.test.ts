// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import { linesWith } from './LogView'

const LINES = ['Reading houses.csv', 'Dropped 3 rows', 'reading done']

describe('searching a log', () => {
  it('finds words whatever the case of their letters', () => {
    expect(linesWith(LINES, ' READING ')).toEqual(['Reading houses.csv', 'reading done'])
  })

  it('takes signs as they are', () => {
    expect(linesWith(LINES, '.csv')).toEqual(['Reading houses.csv'])
  })

  it('shows all lines, the very same list, when nothing is asked for', () => {
    expect(linesWith(LINES, '')).toBe(LINES)
  })
})
