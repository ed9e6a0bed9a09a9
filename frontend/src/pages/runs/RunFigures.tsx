import { useTranslation } from 'react-i18next'
import { useOutput } from '@/api/runs'
import { FigureView } from '@/charts/FigureView'
import { LiveCurves } from '@/charts/LiveCurves'
import { figuresIn } from '@/charts/outputs'
import type { Run } from '@/contracts'
import { Panel, Section } from '@/ui'
import styles from './RunMetrics.module.css'
import { useCurves } from './useCurves'

function Figures({ run, node, port }: { run: string; node: string; port: string }) {
  const { data } = useOutput({ run, node, port })
  if (!data) return null
  return figuresIn(data).map(({ name, title, spec }) => (
    <Panel key={name}>
      <FigureView title={title} spec={spec} height={280} />
    </Panel>
  ))
}

/** What the nodes drew: curves while they learned, and the figures of their reports. */
export function RunFigures({ run }: { run: Run }) {
  const { t } = useTranslation()
  const [state] = useCurves([run])
  const curves = Object.entries(state?.nodes ?? {}).filter(([, node]) => Object.keys(node.curves).length > 0)
  const reports = run.nodes.flatMap(({ node, outputs, evicted_at }) =>
    Object.entries(evicted_at ? {} : outputs)
      .filter(([, output]) => output.wire === 'report')
      .map(([port]) => ({ node, port })),
  )
  if (curves.length === 0 && reports.length === 0) return null
  return (
    <Section title={t('run.figures')}>
      <div className={styles.figures}>
        {curves.map(([id, node]) => (
          <Panel key={id}>
            <h3 className={styles.title}>{run.nodes.find((each) => each.node === id)?.title ?? id}</h3>
            <LiveCurves node={id} curves={node.curves} />
          </Panel>
        ))}
        {reports.map(({ node, port }) => (
          <Figures key={`${node} ${port}`} run={run.id} node={node} port={port} />
        ))}
      </div>
    </Section>
  )
}
