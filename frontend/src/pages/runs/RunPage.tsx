import { Button, Progress } from '@mantine/core'
import { IconPlayerPlay, IconPlayerStop, IconRoute } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { ApiError } from '@/api/errors'
import { useGraph } from '@/api/graphs'
import { useCatalogue } from '@/api/nodes'
import { isMoving, useCancelRun, useResumeRun, useRun } from '@/api/runs'
import { useMayEdit } from '@/api/session'
import type { Run } from '@/contracts'
import { GraphSteps } from '@/editor/panels/GraphSteps'
import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { formatMoment } from '@/lib/format'
import { messageText, storedText } from '@/lib/messages'
import { progressOf, statusOfRun } from '@/lib/status'
import { verdictOfOutputs } from '@/lib/verdict'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { EndAnnouncement, ErrorNotice, FailedPage, LoadingPage, Page, Section, VerdictLine } from '@/ui'
import { CompareRuns } from './CompareRuns'
import { RunBadge } from './RunBadge'
import { RunCurves, RunFigures } from './RunFigures'
import { RunMetrics } from './RunMetrics'
import { RunNodes } from './RunNodes'
import { RunTime } from './RunTime'
import { withTitles } from './titles'

function canGoOn(run: Run): boolean {
  return run.state === 'failed' || run.state === 'cancelled' || run.state === 'crashed'
}

function Actions({ run }: { run: Run }) {
  const { t } = useTranslation()
  const cancel = useCancelRun()
  const resume = useResumeRun()
  const mayEdit = useMayEdit()
  return (
    <>
      {mayEdit && isMoving(run) ? (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} />}
          loading={cancel.isPending}
          onClick={() => cancel.mutate(run.id)}
        >
          {t('run.stop')}
        </Button>
      ) : null}
      {mayEdit && canGoOn(run) ? (
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={16} />}
          loading={resume.isPending}
          onClick={() => resume.mutate(run.id)}
        >
          {t('run.resume')}
        </Button>
      ) : null}
      <Button component={Link} to={`/graphs/${run.graph}`} leftSection={<IconRoute size={16} />}>
        {t('run.openGraph')}
      </Button>
    </>
  )
}

/** What may be done about the verdict, while the run is the last of its graph: an older one judged another graph. */
function Steps({ run }: { run: Run }) {
  const { data: graph } = useGraph(run.graph)
  const judged = run.nodes.findLast(({ outputs }) => verdictOfOutputs(outputs))
  if (!judged || graph?.last_run?.id !== run.id) return null
  return <GraphSteps graph={run.graph} verdict={run.verdict} node={judged.node} />
}

/** Why the run failed: the sentence of the first node that did, which says more than that one did. */
function reasonOf(run: Run): string {
  const failed = run.nodes.find(({ error }) => error)
  return failed?.error
    ? `${failed.title}: ${messageText(failed.error)}`
    : storedText(run.message, run.message_parts)
}

function Content({ run }: { run: Run }) {
  const { t } = useTranslation()
  const subtitle = (
    <>
      <RunBadge run={run} />
      <span>
        <RunTime run={run} />
      </span>
      <span>{formatMoment(run.created_at)}</span>
      {run.created_by ? <span>{run.created_by}</span> : null}
    </>
  )
  const isBad = run.state === 'failed' || run.state === 'crashed'
  return (
    <Page
      title={t('run.title', { name: run.graph_name, number: run.number })}
      subtitle={subtitle}
      actions={<Actions run={run} />}
    >
      <EndAnnouncement
        isMoving={isMoving(run)}
        text={t('run.ended', {
          run: t('run.number', { number: run.number }),
          state: t(`status.${statusOfRun(run.state)}`),
          message: storedText(run.message, run.message_parts),
        })}
      />
      {isMoving(run) ? (
        <Progress value={progressOf(run.nodes) * 100} size="sm" aria-label={t('run.progress')} />
      ) : null}
      {isBad && reasonOf(run) ? <ErrorNotice error={new Error(reasonOf(run))} /> : null}
      <VerdictLine verdict={run.verdict} />
      <Steps run={run} />
      <RunMetrics run={run} />
      <RunCurves run={run} />
      <Section title={t('run.nodes')}>
        <RunNodes run={run} />
      </Section>
      <RunFigures run={run} />
      <CompareRuns run={run} />
    </Page>
  )
}

/** One run: how it goes, what it measured, and what each node said. */
export function RunPage() {
  const { runId = '' } = useParams()
  const { data, error, refetch } = useRun(runId, { follow: true })
  const { data: catalogue } = useCatalogue()
  const words = useCatalogueWords()
  const run = useMemo(() => data && withTitles(data, catalogue?.nodes ?? [], words), [data, catalogue, words])
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (error && !data) return <FailedPage error={error} onRetry={() => void refetch()} />
  return run ? <Content run={run} /> : <LoadingPage />
}
