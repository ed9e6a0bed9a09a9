import { useTranslation } from 'react-i18next'
import type { NodeRun, Run } from '@/contracts'
import { formatBytes, formatDate, formatDuration, formatShare, secondsBetween } from '@/lib/format'
import { messageText, storedText } from '@/lib/messages'
import { statusOfNode } from '@/lib/status'
import { CodeBlock, Panel, StatusBadge, useNow } from '@/ui'
import styles from './RunNodes.module.css'

function NodeTime({ node }: { node: NodeRun }) {
  const { t } = useTranslation()
  const now = useNow(node.state === 'running')
  if (!node.started_at || node.is_cached) return null
  const time = formatDuration(secondsBetween(node.started_at, node.finished_at, now))
  return (
    <>
      {time}
      {node.peak_bytes ? (
        <span className={styles.memory} title={t('run.peakMemory')}>
          {formatBytes(node.peak_bytes)}
        </span>
      ) : null}
    </>
  )
}

function Fault({ node }: { node: NodeRun }) {
  const { t } = useTranslation()
  if (!node.error) return null
  return (
    <div className={styles.fault}>
      <p className={styles.message}>{messageText(node.error)}</p>
      {node.error.trace ? (
        <details>
          <summary>{t('error.details')}</summary>
          <CodeBlock code={node.error.trace} />
        </details>
      ) : null}
    </div>
  )
}

function NodeLine({ node }: { node: NodeRun }) {
  const { t } = useTranslation()
  const label =
    node.state === 'running' ? t('run.runningShare', { share: formatShare(node.progress) }) : undefined
  return (
    <li className={styles.node} data-state={node.state}>
      <div className={styles.line}>
        <span className={styles.title}>{node.title}</span>
        <span className={styles.state}>
          <StatusBadge status={statusOfNode(node)} {...(label ? { label } : {})} />
        </span>
        <span className={styles.headline}>
          {node.state === 'running'
            ? storedText(node.progress_text, node.progress_text_parts)
            : storedText(node.headline, node.headline_parts)}
          {node.evicted_at ? (
            <span className={styles.removed}>
              {node.headline ? ' · ' : ''}
              {t('run.resultRemoved', { date: formatDate(node.evicted_at) })}
            </span>
          ) : null}
        </span>
        <span className={styles.device}>{node.device === 'cpu' ? '' : node.device}</span>
        <span className={styles.time}>
          <NodeTime node={node} />
        </span>
      </div>
      <Fault node={node} />
    </li>
  )
}

/** The nodes of a run in their order, each with its state, result line and time. */
export function RunNodes({ run }: { run: Run }) {
  return (
    <Panel isPadded={false}>
      <ol className={styles.nodes}>
        {run.nodes.map((node) => (
          <NodeLine key={node.node} node={node} />
        ))}
      </ol>
    </Panel>
  )
}
