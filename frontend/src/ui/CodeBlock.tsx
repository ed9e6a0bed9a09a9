import styles from './CodeBlock.module.css'
import { CopyButton } from './CopyButton'

/** Text to be copied, in a fixed-width face, with a button that copies it. */
export function CodeBlock({ code, label }: { code: string; label?: string }) {
  return (
    <div className={styles.block}>
      {/* biome-ignore lint/a11y/useSemanticElements: what scrolls must be named */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className={styles.code} role="region" tabIndex={0} aria-label={label ?? code.split('\n', 1)[0]}>
        <code>{code}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton text={code} />
      </div>
    </div>
  )
}
