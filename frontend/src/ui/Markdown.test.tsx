import { render } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Markdown } from './Markdown'

function shown(text: string): HTMLElement {
  return render(<Markdown text={text} />).container
}

describe('Markdown', () => {
  it('shows what people write on a card', () => {
    const card = shown(
      '# Use\n\nFor *spring*.\n\n- one\n  - two\n\n1. first\n\n> Mind\n\n---\n\na | b\n--- | ---\n1 | 2\n',
    )
    expect(
      [...card.querySelectorAll('h3, em, li li, ol, blockquote, hr, td')].map((found) => found.tagName),
    ).toEqual(['H3', 'EM', 'LI', 'OL', 'BLOCKQUOTE', 'HR', 'TD', 'TD'])
    expect(card.querySelector('h1, h2')).toBeNull()
  })

  it('takes names with underscores for what they are', () => {
    expect(shown('the column house_price_2024').textContent).toBe('the column house_price_2024')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', '//elsewhere.example', 'JaVaScRiPt:x'])(
    'makes no link of %s',
    (href) => {
      expect(shown(`[press](${href})`).querySelector('a')).toBeNull()
    },
  )

  it('makes links of addresses, without the full stop behind them', () => {
    const links = [...shown('See https://example.org/a. [Data](/data/1)').querySelectorAll('a')]
    expect(links.map((link) => link.getAttribute('href'))).toEqual(['https://example.org/a', '/data/1'])
  })

  it('lets no HTML through but as text, and loads no picture', () => {
    const card = shown('<img src=x onerror=alert(1)>\n\n![a house](https://elsewhere.example/x.png)')
    expect(card.querySelector('img')).toBeNull()
    expect(card.textContent).toContain('<img src=x onerror=alert(1)>')
    expect(card.textContent).toContain('a house')
  })

  it('ends with any text, however odd', () => {
    for (const odd of ['', '\n\n', '**', '[](', '|', '|\n|-', '- \n-', '#', '> ', '```', '*a', '1.']) {
      expect(() => shown(odd)).not.toThrow()
    }
  })
})
