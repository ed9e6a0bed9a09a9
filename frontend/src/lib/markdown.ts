/** Markdown as people write it on a card: headings, lists, tables, quotes, code and links; HTML stays text. */

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'emphasis'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }

export type ListItem = { depth: number; text: Inline[] }

export type Block =
  | { kind: 'heading'; level: number; text: Inline[] }
  | { kind: 'paragraph'; text: Inline[] }
  | { kind: 'list'; isOrdered: boolean; items: ListItem[] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'code'; text: string }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' }

const TOKEN =
  /\\([\\`*_[\]()|#>-])|`([^`]+)`|\*\*(?=\S)([^*]+)\*\*|\*(?=\S)([^*]+)\*|(?<!\w)__(?=\S)([^_]+)__(?!\w)|(?<!\w)_(?=\S)([^_]+)_(?!\w)|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/

/** Only addresses that open a page or a mail; anything else, such as a script, stays text. */
function isSafe(href: string): boolean {
  return /^(https?:\/\/|mailto:|\/(?!\/)|#)/i.test(href)
}

function tokenOf([whole, escaped, code, ...rest]: RegExpMatchArray): Inline {
  const [strong, emphasis, strongToo, emphasisToo, label, href, address] = rest
  if (escaped) return { kind: 'text', text: escaped }
  if (code) return { kind: 'code', text: code }
  const bold = strong ?? strongToo
  if (bold) return { kind: 'strong', children: inlines(bold) }
  const slanted = emphasis ?? emphasisToo
  if (slanted) return { kind: 'emphasis', children: inlines(slanted) }
  if (label && href && isSafe(href)) return { kind: 'link', href, children: inlines(label) }
  if (address) return { kind: 'link', href: address, children: [{ kind: 'text', text: address }] }
  return { kind: 'text', text: whole ?? '' }
}

/** The parts of one line. */
export function inlines(text: string): Inline[] {
  const found: Inline[] = []
  let rest = text
  while (rest) {
    const match = rest.match(TOKEN)
    if (match?.index === undefined) break
    if (match.index > 0) found.push({ kind: 'text', text: rest.slice(0, match.index) })
    found.push(tokenOf(match))
    rest = rest.slice(match.index + match[0].length)
  }
  return rest ? [...found, { kind: 'text', text: rest }] : found
}

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/
const FENCE = /^\s{0,3}```/
const DASHES = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

function cells(line: string): Inline[][] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
  return inner.split(/(?<!\\)\|/).map((cell) => inlines(cell.trim()))
}

function isTable(lines: readonly string[], at: number): boolean {
  const next = lines[at + 1]
  return next?.includes('-') === true && (lines[at] ?? '').includes('|') && DASHES.test(next)
}

/** Does something else than a paragraph begin here? */
function begins(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  const isBlock = [HEADING, ITEM, RULE, FENCE, /^\s*>/].some((form) => form.test(line))
  return line.trim() === '' || isBlock || isTable(lines, at)
}

/** How many lines from `at` on hold. */
function run(lines: readonly string[], at: number, holds: (line: string, at: number) => boolean): number {
  let end = at
  while (end < lines.length && holds(lines[end] ?? '', end)) end += 1
  return end - at
}

type Taken = { block: Block; count: number }

function codeAt(lines: readonly string[], at: number): Taken {
  const length = run(lines, at + 1, (line) => !FENCE.test(line))
  return {
    block: { kind: 'code', text: lines.slice(at + 1, at + 1 + length).join('\n') },
    count: length + 2,
  }
}

function quoteAt(lines: readonly string[], at: number): Taken {
  const count = run(lines, at, (line) => /^\s*>/.test(line))
  const inner = lines.slice(at, at + count).map((line) => line.replace(/^\s*>\s?/, ''))
  return { block: { kind: 'quote', blocks: markdown(inner.join('\n')) }, count }
}

function tableAt(lines: readonly string[], at: number): Taken {
  const body = run(lines, at + 2, (line) => line.includes('|'))
  const rows = lines.slice(at + 2, at + 2 + body).map(cells)
  return { block: { kind: 'table', head: cells(lines[at] ?? ''), rows }, count: body + 2 }
}

function listAt(lines: readonly string[], at: number, isOrdered: boolean): Taken {
  const items: { indent: number; text: string }[] = []
  const count = run(lines, at, (line, place) => {
    const match = RULE.test(line) ? null : line.match(ITEM)
    const indent = match?.[1]?.length ?? 0
    if (match && (indent > 0 || (match[2] !== undefined) === isOrdered)) {
      items.push({ indent, text: match[3] ?? '' })
      return true
    }
    const last = items.at(-1)
    if (match || !last || begins(lines, place)) return false
    last.text += ` ${line.trim()}`
    return true
  })
  const indents = [...new Set(items.map(({ indent }) => indent))].sort((a, b) => a - b)
  const shown = items.map(({ indent, text }) => ({ depth: indents.indexOf(indent), text: inlines(text) }))
  return { block: { kind: 'list', isOrdered, items: shown }, count }
}

function blockAt(lines: readonly string[], at: number): Taken {
  const line = lines[at] ?? ''
  const heading = line.match(HEADING)
  if (heading) {
    const level = heading[1]?.length ?? 1
    return { block: { kind: 'heading', level, text: inlines(heading[2] ?? '') }, count: 1 }
  }
  if (FENCE.test(line)) return codeAt(lines, at)
  if (RULE.test(line)) return { block: { kind: 'rule' }, count: 1 }
  if (/^\s*>/.test(line)) return quoteAt(lines, at)
  if (isTable(lines, at)) return tableAt(lines, at)
  const item = line.match(ITEM)
  if (item) return listAt(lines, at, item[2] !== undefined)
  const count = 1 + run(lines, at + 1, (_, place) => !begins(lines, place))
  const text = lines
    .slice(at, at + count)
    .map((each) => each.trim())
    .join(' ')
  return { block: { kind: 'paragraph', text: inlines(text) }, count }
}

/** The blocks of a text, from the top. */
export function markdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    if ((lines[at] ?? '').trim() === '') {
      at += 1
      continue
    }
    const { block, count } = blockAt(lines, at)
    blocks.push(block)
    at += count
  }
  return blocks
}
