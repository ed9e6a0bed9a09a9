import { describe, expect, it } from 'vitest'
import { type Block, inlines, markdown } from './markdown'

const text = (value: string) => [{ kind: 'text', text: value }]
const kinds = (blocks: readonly Block[]) => blocks.map(({ kind }) => kind)

describe('markdown', () => {
  it('reads what people write on a card', () => {
    const blocks = markdown(
      '# Use\n\nFor *spring*\nonly.\n\n- one\n  - two\n- three\n\n1. first\n2. second\n\n> Mind\n> this\n\n---\n',
    )
    expect(kinds(blocks)).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'rule'])
    expect(blocks[1]).toEqual({
      kind: 'paragraph',
      text: [...text('For '), { kind: 'emphasis', children: text('spring') }, ...text(' only.')],
    })
    expect(blocks[2]).toEqual({
      kind: 'list',
      isOrdered: false,
      items: [
        { depth: 0, text: text('one') },
        { depth: 1, text: text('two') },
        { depth: 0, text: text('three') },
      ],
    })
  })

  it('reads tables, with or without bars at the ends', () => {
    const [table] = markdown('a | b\n--- | ---\n1 | x \\| y\n')
    expect(table).toMatchObject({ kind: 'table', head: [text('a'), text('b')] })
    expect((table as Extract<Block, { kind: 'table' }>).rows[0]).toHaveLength(2)
  })

  it('leaves code as it is, also where its end is missing', () => {
    expect(markdown('```python\nx = *y*\n\n# no heading\n```\nafter')).toEqual([
      { kind: 'code', text: 'x = *y*\n\n# no heading' },
      { kind: 'paragraph', text: text('after') },
    ])
    expect(markdown('```\nopen')).toEqual([{ kind: 'code', text: 'open' }])
  })

  it('takes names with underscores for what they are', () => {
    expect(inlines('the column house_price_2024 and 2 * 3 * 4')).toEqual(
      text('the column house_price_2024 and 2 * 3 * 4'),
    )
    expect(inlines('_so_ and __so__')).toMatchObject([{ kind: 'emphasis' }, {}, { kind: 'strong' }])
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', '//elsewhere.example', 'JaVaScRiPt:x'])(
    'makes no link of %s',
    (href) => {
      expect(JSON.stringify(inlines(`[press](${href})`))).not.toContain('"link"')
    },
  )

  it('makes links of addresses, without the full stop behind them', () => {
    expect(inlines('See https://example.org/a. [Data](/data/1)')).toMatchObject([
      { text: 'See ' },
      { kind: 'link', href: 'https://example.org/a' },
      { text: '. ' },
      { kind: 'link', href: '/data/1' },
    ])
  })

  it('never lets HTML through as anything but text', () => {
    expect(markdown('<img src=x onerror=alert(1)>')).toEqual([
      { kind: 'paragraph', text: text('<img src=x onerror=alert(1)>') },
    ])
  })

  it('ends with any text, however odd', () => {
    for (const odd of ['', '\n\n', '**', '[](', '|', '|\n|-', '- \n-', '#', '> ', '```', '*a', '1.']) {
      expect(() => markdown(odd)).not.toThrow()
    }
  })
})
