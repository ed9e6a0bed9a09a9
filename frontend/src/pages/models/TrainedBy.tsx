import { useTranslation } from 'react-i18next'
import type { VersionDetail } from '@/contracts'
import type { Params } from '@/editor/graph/types'
import { useTranslatedCatalogue } from '@/editor/useTranslatedCatalogue'
import { ParamsList } from '@/form/ParamsList'
import { type ParamLine, paramLines } from '@/form/paramLines'
import { LoadingRows, Panel } from '@/ui'
import { detail, isRecord, wordIn } from './details'
import styles from './VersionPage.module.css'

type MadeByNode = VersionDetail['nodes'][number]

function NodeParams({ title, kind, lines }: { title: string; kind: string; lines: readonly ParamLine[] }) {
  const { t } = useTranslation()
  const set = lines.filter(({ isSet }) => isSet)
  const short = set.map(({ name, brief }) => `${name} ${brief}`).join(' · ')
  return (
    <details className={styles.node}>
      <summary>
        <strong>{title}</strong>
        {kind === title ? null : <span className={styles.quiet}> {kind}</span>}
        <span className={styles.quiet}> – {short || t('version.usual')}</span>
      </summary>
      <div className={styles.params}>
        {lines.length > 0 ? (
          <ParamsList lines={lines} />
        ) : (
          <p className={styles.note}>{t('version.noneToSet')}</p>
        )}
      </div>
    </details>
  )
}

/** The nodes a version was made by, in the order they ran, each with its parameters as they were. */
export function TrainedBy({ whole }: { whole: VersionDetail }) {
  const { t } = useTranslation()
  const { catalogue: known, isPending } = useTranslatedCatalogue()
  const { nodes, sources, version } = whole
  if (isPending) return <LoadingRows count={4} />
  const names = Object.fromEntries(sources.map(({ dataset, name }) => [dataset, name || dataset]))
  const learned = detail(version, 'learner_params')
  const paramsOf = (node: MadeByNode): Params => {
    // What the model was fitted with counts: after a tuning that is more than what was drawn.
    const isLearner = isRecord(learned) && known.find(node.type)?.id === wordIn(version, 'learner')
    return { ...(node.params as Params), ...(isLearner ? (learned as Params) : {}) }
  }
  return (
    <Panel isPadded={nodes.length === 0}>
      {nodes.length === 0 ? <p className={styles.note}>{t('version.noParameters')}</p> : null}
      {nodes.map((node) => {
        const kind = known.find(node.type)
        return (
          <NodeParams
            key={node.node}
            title={node.title || kind?.title || node.type}
            kind={kind?.title ?? node.type}
            lines={paramLines(paramsOf(node), kind, names)}
          />
        )
      })}
    </Panel>
  )
}
