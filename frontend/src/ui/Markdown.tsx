import type { ComponentProps } from 'react'
import Reader, { type Components, defaultUrlTransform } from 'react-markdown'
import withTables from 'remark-gfm'
import styles from './Markdown.module.css'

/** The attributes of the element, and the syntax node that `react-markdown` adds. */
type ElementProps<Tag extends 'a' | 'img' | 'table' | 'h3' | 'h4' | 'h5'> = ComponentProps<Tag> & {
  node?: unknown
}

/** Headings stand below those of a page and of its sections; nothing is loaded from elsewhere. */
const COMPONENTS: Components = {
  h1: ({ node: _, ...props }: ElementProps<'h3'>) => <h3 {...props} />,
  h2: ({ node: _, ...props }: ElementProps<'h4'>) => <h4 {...props} />,
  h3: ({ node: _, ...props }: ElementProps<'h5'>) => <h5 {...props} />,
  h4: 'h6',
  h5: 'h6',
  a: ({ node: _, ...props }: ElementProps<'a'>) =>
    props.href ? <a {...props} rel="noreferrer" /> : props.children,
  img: ({ alt }: ElementProps<'img'>) => alt,
  table: ({ node: _, ...props }: ElementProps<'table'>) => (
    <div className={styles.scroller}>
      <table {...props} />
    </div>
  ),
}
const PLUGINS = [withTables]

/** Addresses that open a page or a mail; `//elsewhere` would leave the site without looking like it. */
function address(url: string): string {
  return url.startsWith('//') ? '' : defaultUrlTransform(url)
}

/** A text with Markdown in it, as it is meant. What looks like HTML stays text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={styles.text}>
      <Reader components={COMPONENTS} remarkPlugins={PLUGINS} urlTransform={address}>
        {text}
      </Reader>
    </div>
  )
}
