import { type CSSProperties, Fragment, type ReactNode } from 'react'
import { type Block, type Inline, type ListItem, markdown } from '@/lib/markdown'
import styles from './Markdown.module.css'

function Part({ part }: { part: Inline }): ReactNode {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'code':
      return <code>{part.text}</code>
    case 'strong':
      return (
        <strong>
          <Text parts={part.children} />
        </strong>
      )
    case 'emphasis':
      return (
        <em>
          <Text parts={part.children} />
        </em>
      )
    case 'link':
      return (
        <a href={part.href} rel="noreferrer">
          <Text parts={part.children} />
        </a>
      )
  }
}

function Text({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no other name than their place
    <Part key={index} part={part} />
  ))
}

function List({ items, isOrdered }: { items: readonly ListItem[]; isOrdered: boolean }) {
  const Tag = isOrdered ? 'ol' : 'ul'
  return (
    <Tag>
      {items.map(({ depth, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <li key={index} style={{ '--depth': depth } as CSSProperties}>
          <Text parts={text} />
        </li>
      ))}
    </Tag>
  )
}

function TableOf({ head, rows }: { head: readonly Inline[][]; rows: readonly Inline[][][] }) {
  const cells = (Cell: 'th' | 'td', row: readonly Inline[][]) =>
    row.map((cell, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <Cell key={index}>
        <Text parts={cell} />
      </Cell>
    ))
  return (
    <div className={styles.scroller}>
      <table>
        <thead>
          <tr>{cells('th', head)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={index}>{cells('td', row)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Below the headings of a page and of its sections. */
const HEADINGS = ['h3', 'h4', 'h5', 'h6'] as const

function One({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case 'heading': {
      const Tag = HEADINGS[Math.min(block.level, HEADINGS.length) - 1] ?? 'h6'
      return (
        <Tag>
          <Text parts={block.text} />
        </Tag>
      )
    }
    case 'paragraph':
      return (
        <p>
          <Text parts={block.text} />
        </p>
      )
    case 'list':
      return <List items={block.items} isOrdered={block.isOrdered} />
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      )
    case 'code':
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      )
    case 'table':
      return <TableOf head={block.head} rows={block.rows} />
    case 'rule':
      return <hr />
  }
}

function Blocks({ blocks }: { blocks: readonly Block[] }) {
  return blocks.map((block, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    <Fragment key={index}>
      <One block={block} />
    </Fragment>
  ))
}

/** A text with Markdown in it, as it is meant. What looks like HTML stays text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={styles.text}>
      <Blocks blocks={markdown(text)} />
    </div>
  )
}
