import { useTranslation } from 'react-i18next'
import { useOutput } from '@/api/runs'
import { FigureView } from '@/charts/FigureView'
import { LiveCurves } from '@/charts/LiveCurves'
import { figuresIn } from '@/charts/outputs'
import type { Run } from '@/contracts'
import { Panel, Section } from '@/ui'
import styles from './RunMetrics.module.css'
import { useCurves } from './useCurves'

interface Report {
  readonly run: string
  readonly node: string
  readonly port: string
  readonly heading: string
}

function Figures({ run, node, port, heading }: Report) {
  const { data } = useOutput({ run, node, port })
  if (!data) return null
  return figuresIn(data).map(({ name, title, spec }) => (
    <Panel key={name}>
      <h3 className={styles.title}>{heading}</h3>
      <FigureView title={title} spec={spec} height={280} />
    </Panel>
  ))
}

/** The curves that nodes drew while they learned; they grow while the run goes on. */
export function RunCurves({ run }: { run: Run }) {
  const { t } = useTranslation()
  const [state] = useCurves([run])
  const curves = Object.entries(state?.nodes ?? {}).filter(([, node]) => Object.keys(node.curves).length > 0)
  if (curves.length === 0) return null
  return (
    <Section title={t('run.curves')}>
      <div className={styles.figures}>
        {curves.map(([id, node]) => (
          <Panel key={id}>
            <h3 className={styles.title}>{run.nodes.find((each) => each.node === id)?.title ?? id}</h3>
            <LiveCurves node={id} curves={node.curves} />
          </Panel>
        ))}
      </div>
    </Section>
  )
}

/** The figures of the reports of nodes. */
export function RunFigures({ run }: { run: Run }) {
  const { t } = useTranslation()
  const reports = run.nodes.flatMap(({ node, title, outputs, evicted_at }) =>
    Object.entries(evicted_at ? {} : outputs)
      .filter(([, output]) => output.wire === 'report')
      .map(([port]) => ({ run: run.id, node, port, heading: title })),
  )
  if (reports.length === 0) return null
  return (
    <Section title={t('run.figures')}>
      <div className={styles.figures}>
        {reports.map((report) => (
          <Figures key={`${report.node} ${report.port}`} {...report} />
        ))}
      </div>
    </Section>
  )
}
