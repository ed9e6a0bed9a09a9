import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { joinColumns, partsOf, readTable, withAnswersFirst, writeTable } from './batch'

describe('a table that is sent in parts', () => {
  const table = readTable('\ufefftown;area\n"a;b";1\nc;2\nd;3\n', Papa)

  it('is read whatever separates its columns', () => {
    expect(table).toEqual({
      names: ['town', 'area'],
      rows: [
        ['a;b', '1'],
        ['c', '2'],
        ['d', '3'],
      ],
    })
  })

  it('keeps its heading in each part and loses no row', () => {
    const parts = partsOf(table, 2)
    expect(parts.map(({ start, names }) => [start, names.length])).toEqual([
      [0, 2],
      [2, 2],
    ])
    expect(parts.flatMap(({ rows }) => rows)).toEqual(table.rows)
  })

  it('comes back with the answers beside it, also when a column is called like them', () => {
    const answers = { names: ['area', 'prediction'], rows: [['7', '1.5']] }
    const both = joinColumns({ names: ['area'], rows: [['1,5']] }, answers)
    expect(writeTable(both, Papa)).toBe('area,area 2,prediction\r\n"1,5",7,1.5')
  })

  it('is looked at with the answers first, its gaps as gaps, and numbers known by the first that is there', () => {
    const table = {
      names: ['age', 'town', 'prediction'],
      rows: [
        ['', 'a', '1.5'],
        ['7', '', '2'],
      ],
    }
    expect(withAnswersFirst(table, 2)).toEqual({
      names: ['prediction', 'age', 'town'],
      rows: [
        ['1.5', null, 'a'],
        ['2', '7', null],
      ],
      isNumeric: [true, true, false],
      answers: 1,
    })
  })
})
