import { describe, expect, it } from 'vitest'
import { exampleCode } from './examples'

const call = {
  url: 'http://127.0.0.1:8001/endpoints/houses',
  row: { town: "St John's", area: 120.5, is_new: false, rooms: null },
  key: 'secret',
}

describe('exampleCode', () => {
  it('quotes for the shell, so that an apostrophe does not end the text', () => {
    expect(exampleCode('curl', call)).toContain(`"St John'\\''s"`)
  })

  it('writes values as Python does', () => {
    const code = exampleCode('python', call)
    expect(code).toContain('"is_new": False')
    expect(code).toContain('"rooms": None')
  })

  it('writes values as R does, names with spaces included', () => {
    const code = exampleCode('r', { ...call, row: { 'living area': 120.5, is_new: false, rooms: null } })
    expect(code).toContain('`living area` = 120.5')
    expect(code).toContain('`is_new` = FALSE')
    expect(code).toContain('`rooms` = NULL')
  })

  it('asks about a whole Excel table and puts the answers beside it', () => {
    const code = exampleCode('excel', call)
    expect(code).toContain('Web.Contents("http://127.0.0.1:8001/endpoints/houses", [')
    expect(code).toContain('RelativePath = "predict"')
    expect(code).toContain('Authorization = "Bearer secret"')
  })

  it('sends one row with the key in every language', () => {
    for (const language of ['curl', 'python', 'javascript'] as const) {
      const code = exampleCode(language, call)
      expect(code).toContain('/endpoints/houses/predict')
      expect(code).toContain('Bearer secret')
    }
  })
})
