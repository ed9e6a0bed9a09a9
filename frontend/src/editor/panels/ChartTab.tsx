import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { FigureView } from '@/charts/FigureView'
import { LiveCurves } from '@/charts/LiveCurves'
import { figuresIn, studyIn } from '@/charts/outputs'
import { looksMaximised, trialFigure } from '@/charts/trialFigure'
import { metricName } from '@/lib/metrics'
import { useLive } from '@/live/RunContext'
import { ErrorNotice } from '@/ui'
import type { NodeDescription } from '../graph/types'
import { NoResultYet } from './NoResultYet'
import { useNodeOutput } from './useNodeOutput'

const NO_CURVES = {}
const NO_TRIALS: readonly never[] = []

/** Figures of a report, curves of a training, and the course of a search: whatever the node has of these. */
export function ChartTab({ node, description }: { node: string; description: NodeDescription }) {
  const { language } = useTranslation().i18n
  const curves = useLive((slice) => slice.run?.nodes[node]?.curves ?? NO_CURVES)
  const report = useNodeOutput(node, description, 'report')
  const output = report.query.data
  const figures = useMemo(() => (output && language ? figuresIn(output) : []), [output, language])
  const hasTrials = useLive((slice) => (slice.run?.nodes[node]?.trials.length ?? 0) > 0)
  const study = useNodeOutput(node, description, 'study')
  const isEmpty = figures.length === 0 && Object.keys(curves).length === 0 && !hasTrials && !study.isThere
  return (
    <>
      {report.query.error && <ErrorNotice error={report.query.error} />}
      {isEmpty && !report.isThere && <NoResultYet node={node} />}
      <LiveCurves node={node} curves={curves} />
      {(hasTrials || study.isThere) && <TrialHistory node={node} description={description} />}
      {figures.map((figure) => (
        <FigureView key={figure.name} title={figure.title || figure.name} spec={figure.spec} />
      ))}
    </>
  )
}

export function TrialHistory({ node, description }: { node: string; description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const live = useLive((slice) => slice.run?.nodes[node]?.trials ?? NO_TRIALS)
  const { query } = useNodeOutput(node, description, 'study')
  const spec = useMemo(() => {
    const study = query.data ? studyIn(query.data) : null
    const trials = study?.trials ?? live
    const isMaximised = study ? study.direction !== 'minimize' : looksMaximised(trials)
    const words = {
      trial: t('trials.trial'),
      value: study?.metric ? metricName(study.metric) : t('trials.value'),
      best: t('trials.best'),
    }
    return trialFigure(trials, isMaximised, words)
  }, [query.data, live, t])
  return <FigureView title={t('trials.history')} spec={spec} height={220} keepsViewOf={`${node} trials`} />
}
