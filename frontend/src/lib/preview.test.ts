import papaparse from 'papaparse'
import { describe, expect, it } from 'vitest'
import { previewOf } from './preview'

const preview = (text: string, isWhole = true) => previewOf(text, papaparse.parse, isWhole)

describe('previewOf', () => {
  it('takes the first line as names', () => {
    expect(preview('a,b\n1,x\n3,\n')).toEqual({
      columns: [
        { name: 'a', isNumeric: true },
        { name: 'b', isNumeric: false },
      ],
      rows: [
        ['1', 'x'],
        ['3', null],
      ],
    })
  })

  it('finds semicolons and keeps quoted ones', () => {
    expect(preview('a;b\n"x;y";2\n').rows).toEqual([['x;y', '2']])
  })

  it('leaves out the line where the text was cut', () => {
    expect(preview('a,b\n1,2\n3', false).rows).toEqual([['1', '2']])
  })

  it('ignores the mark that spreadsheets put first', () => {
    expect(preview('\uFEFFa,b\n1,2\n').columns.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('stops after a hundred rows', () => {
    const text = `a\n${Array.from({ length: 500 }, (_, index) => index).join('\n')}`
    expect(preview(text).rows).toHaveLength(100)
  })
})
