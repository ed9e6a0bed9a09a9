import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { GraphLine } from '@/contracts'
import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { formatAge } from '@/lib/format'
import { messageText } from '@/lib/messages'
import { resultOf } from '@/lib/status'
import { RunBadge } from '@/pages/runs/RunBadge'
import { GraphThumbnail, StatusBadge, VerdictBadge } from '@/ui'
import styles from './GraphCard.module.css'

/** A graph as it lies on the desk: its canvas, its name, and how it last went. */
export function GraphCard({ graph }: { graph: GraphLine }) {
  const { t } = useTranslation()
  useCatalogueWords()
  const run = graph.last_run
  const verdict = run?.verdict
  const headline = verdict ? messageText(verdict) : resultOf(graph)
  return (
    <Link to={`/graphs/${graph.id}`} className={styles.card}>
      <GraphThumbnail outline={graph.outline} />
      <div className={styles.body}>
        <div className={styles.name}>{graph.name}</div>
        <div className={styles.result}>
          {run ? <RunBadge run={run} /> : <StatusBadge status="ready" label={t('graphs.notRun')} />}
          {verdict ? <VerdictBadge verdict={verdict} /> : null}
          {headline && !verdict ? <span className={styles.headline}>{headline}</span> : null}
        </div>
        {verdict ? (
          <div className={styles.verdict} title={headline}>
            {headline}
          </div>
        ) : null}
        <div className={styles.note}>
          {t('graphs.edited', { age: formatAge(graph.updated_at) })}
          {graph.published_version === null
            ? ''
            : ` · ${t('graphs.published', { version: graph.published_version })}`}
        </div>
      </div>
    </Link>
  )
}
