import { useTranslation } from 'react-i18next'
import { LiveCurves } from '@/charts/LiveCurves'
import { TrialTable } from '@/charts/TrialTable'
import { useLive } from '@/live/RunContext'
import { findNode, titleOf } from '../graph/read'
import { useEditor } from '../store/EditorContext'
import { TrialHistory } from './ChartTab'
import classes from './RunPanel.module.css'
import { useLearnerFields } from './useLearnerFields'

/** The curves and trials of every node of the run that has any. */
export function RunCurves() {
  const { t } = useTranslation('editor')
  const ids = useLive((slice) =>
    Object.values(slice.run?.nodes ?? {})
      .filter((node) => Object.keys(node.curves).length > 0 || node.trials.length > 0)
      .map((node) => node.node)
      .join(' '),
  )
  if (ids === '') return <p className={classes.soft}>{t('run.noCurves')}</p>
  return ids.split(' ').map((id) => <NodeCurves key={id} id={id} />)
}

const NO_CURVES = {}

function NodeCurves({ id }: { id: string }) {
  const curves = useLive((slice) => slice.run?.nodes[id]?.curves ?? NO_CURVES)
  const trials = useLive((slice) => slice.run?.nodes[id]?.trials)
  const node = useEditor((state) => findNode(state.document, id))
  const catalogue = useEditor((state) => state.catalogue)
  const description = node && catalogue.find(node.type)
  const fields = useLearnerFields(id)
  return (
    <section>
      <h3 className={classes.heading}>{node ? titleOf(node, catalogue) : id}</h3>
      <div className={classes.charts}>
        <LiveCurves node={id} curves={curves} height={180} />
        {trials && trials.length > 0 && description && <TrialHistory node={id} description={description} />}
        {trials && trials.length > 0 && <TrialTable trials={trials} metric="" fields={fields} />}
      </div>
    </section>
  )
}
