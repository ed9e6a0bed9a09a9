import { Button } from '@mantine/core'
import { IconFileImport, IconRoute, IconTargetArrow } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import { isBeingRead, useDataset, useProfile, useReadAgain } from '@/api/datasets'
import { ApiError } from '@/api/errors'
import { useMayEdit } from '@/api/session'
import type { Dataset, Profile } from '@/contracts'
import { formatAge, formatBytes, formatCount, formatMoment } from '@/lib/format'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { ErrorNotice, FailedPage, LoadingCards, LoadingPage, Page, Panel, Section, StatusBadge } from '@/ui'
import { Columns } from './Columns'
import { DatasetMenu } from './DatasetMenu'
import { PredictDialog } from './PredictDialog'
import { ReadAgainDialog } from './ReadAgainDialog'
import { asksForEncoding, OtherReading, ReadFailure, RefusedLines } from './Reading'
import { RowsGrid } from './RowsGrid'
import { withOptions } from './readingChoices'
import { UsedIn } from './UsedIn'
import { previewOfDataset, useUploads } from './uploadStore'
import { useNewGraph } from './useNewGraph'
import { type PlacedWarning, WarningList } from './WarningList'
import styles from './WarningList.module.css'

function warningsOf(profile: Profile | undefined): PlacedWarning[] {
  if (!profile) return []
  const ofColumns = profile.columns.flatMap((column) =>
    column.warnings.map((warning) => ({ ...warning, column: column.name })),
  )
  return [...profile.warnings.map((warning) => ({ ...warning, column: null })), ...ofColumns]
}

function Facts({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  if (asksForEncoding(dataset)) return <StatusBadge status="pending" label={t('dataset.status.encoding')} />
  if (dataset.status === 'failed') return <StatusBadge status="failed" label={t('dataset.status.failed')} />
  if (dataset.status !== 'ready') return <StatusBadge status="running" label={t('dataset.status.reading')} />
  return (
    <>
      <span>
        {t('dataset.rowsCount', { count: dataset.rows ?? 0, text: formatCount(dataset.rows ?? 0) })}
      </span>
      <span>{t('dataset.columnsCount', { count: dataset.columns.length })}</span>
      <span>{formatBytes(dataset.bytes)}</span>
      {dataset.current_version > 1 ? (
        <span>{t('models.versionNumber', { number: dataset.version })}</span>
      ) : null}
      <span>{t('dataset.added', { age: formatAge(dataset.created_at), name: dataset.created_by })}</span>
    </>
  )
}

function Content({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const profile = useProfile(dataset)
  const preview = useUploads((state) => previewOfDataset(state, dataset.id))
  const newGraph = useNewGraph(dataset)
  const mayEdit = useMayEdit()
  const again = useReadAgain(dataset.id)
  const [isPredicting, setPredicting] = useState(false)
  const [isReading, setReading] = useState(false)
  const [chosen, setChosen] = useState<PlacedWarning[]>([])
  const [warnings, setWarnings] = useState<{ of: Profile | undefined; list: PlacedWarning[] }>({
    of: undefined,
    list: [],
  })
  if (warnings.of !== profile.data) setWarnings({ of: profile.data, list: warningsOf(profile.data) })
  const toggle = (warning: PlacedWarning) =>
    setChosen((before) =>
      before.includes(warning) ? before.filter((each) => each !== warning) : [...before, warning],
    )
  const fixes = chosen.flatMap(({ fix }) => (fix ? [fix] : []))
  const isReady = dataset.status === 'ready'
  const actions = (
    <>
      {mayEdit ? (
        <>
          <Button
            leftSection={<IconTargetArrow size={16} />}
            disabled={!isReady}
            onClick={() => setPredicting(true)}
          >
            {t('dataset.predict')}
          </Button>
          <Button
            variant="default"
            leftSection={<IconRoute size={16} />}
            disabled={!isReady}
            loading={newGraph.isPending && !isPredicting}
            onClick={() => newGraph.mutate({ name: dataset.name, fixes })}
          >
            {t('dataset.newGraph', { count: fixes.length })}
          </Button>
          <Button
            variant="default"
            leftSection={<IconFileImport size={16} />}
            disabled={isBeingRead(dataset)}
            onClick={() => setReading(true)}
          >
            {t('readAgain.open')}
          </Button>
        </>
      ) : null}
      <DatasetMenu dataset={dataset} />
    </>
  )
  return (
    <Page title={dataset.name} subtitle={<Facts dataset={dataset} />} actions={actions}>
      {dataset.error ? <ReadFailure error={dataset.error} /> : null}
      {dataset.status === 'failed' ? <RefusedLines dataset={dataset} /> : null}
      <OtherReading dataset={dataset} />
      {newGraph.error && !isPredicting ? <ErrorNotice error={newGraph.error} /> : null}
      {dataset.status === 'failed' ? null : (
        <>
          <Section title={t('dataset.rows')}>
            <Panel isPadded={false}>
              <RowsGrid dataset={dataset} preview={preview} />
            </Panel>
          </Section>
          {warnings.list.length > 0 ? (
            <Section title={t('dataset.warnings', { count: warnings.list.length })}>
              <p className={styles.note}>{t('dataset.fixesNote')}</p>
              {again.error ? <ErrorNotice error={again.error} /> : null}
              <WarningList
                warnings={warnings.list}
                chosen={chosen}
                onToggle={toggle}
                onRead={
                  mayEdit && !isBeingRead(dataset)
                    ? (options) => again.mutate(withOptions(dataset.options, options))
                    : undefined
                }
              />
            </Section>
          ) : null}
          {profile.error ? (
            <ErrorNotice error={profile.error} onRetry={() => void profile.refetch()} />
          ) : null}
          {profile.data ? <Columns profile={profile.data} /> : null}
          {!profile.data && !profile.error ? (
            <Section title={t('dataset.columns')}>
              <LoadingCards count={8} />
            </Section>
          ) : null}
          <UsedIn dataset={dataset} />
        </>
      )}
      {isReading ? <ReadAgainDialog dataset={dataset} onClose={() => setReading(false)} /> : null}
      {isPredicting ? (
        <PredictDialog
          dataset={dataset}
          profile={profile.data}
          isBusy={newGraph.isPending}
          error={newGraph.error}
          fixCount={fixes.length}
          onChoose={(target, uses, choice) =>
            newGraph.mutate({
              name: t('predict.graphName', { target, name: dataset.name }),
              target,
              uses,
              fixes,
              choice,
            })
          }
          onClose={() => setPredicting(false)}
        />
      ) : null}
    </Page>
  )
}

/** A former version as it was read: to be looked at; what is made of the data set is made of the current one. */
function Former({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const profile = useProfile(dataset)
  const actions = (
    <Button component={Link} to={`/data/${dataset.id}`} variant="default">
      {t('dataset.showCurrent', { number: dataset.current_version })}
    </Button>
  )
  return (
    <Page title={dataset.name} subtitle={<Facts dataset={dataset} />} actions={actions}>
      <p className={styles.note} role="status">
        {t('dataset.former', {
          number: dataset.version,
          file: dataset.file_name,
          moment: formatMoment(dataset.read_at),
        })}
      </p>
      {dataset.error ? <ReadFailure error={dataset.error} /> : null}
      {dataset.status === 'ready' ? (
        <Section title={t('dataset.rows')}>
          <Panel isPadded={false}>
            <RowsGrid dataset={dataset} preview={null} />
          </Panel>
        </Section>
      ) : null}
      {profile.error ? <ErrorNotice error={profile.error} onRetry={() => void profile.refetch()} /> : null}
      {profile.data ? <Columns profile={profile.data} /> : null}
    </Page>
  )
}

/** Everything about one data set, and what can be made of it; `?version=` shows a former version. */
export function DatasetPage() {
  const { datasetId = '' } = useParams()
  const [asked] = useSearchParams()
  const version = Number(asked.get('version')) || undefined
  const { data, error, refetch } = useDataset(datasetId, version)
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (error && !data) return <FailedPage error={error} onRetry={() => void refetch()} />
  if (!data) return <LoadingPage />
  const isFormer = data.version !== data.current_version
  return isFormer ? <Former key={data.version} dataset={data} /> : <Content key={data.id} dataset={data} />
}
