import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useDatasets } from '@/api/datasets'
import { useEndpoints } from '@/api/endpoints'
import { useGraphs } from '@/api/graphs'
import { useMayEdit, useWorkspace } from '@/api/session'
import { ErrorNotice, LoadingCards, Page, PageDrop } from '@/ui'
import { useUpload } from '../data/useUpload'
import { isGraphFile, useImportGraph } from '../graphs/useImportGraph'
import { Dashboard } from './Dashboard'
import { FirstSteps } from './FirstSteps'
import { HomeActions } from './HomeActions'

/** The first screen: four ways to begin, or the work where it was left. */
export function HomePage() {
  const { t } = useTranslation()
  const upload = useUpload()
  const { importFile } = useImportGraph()
  const take = useCallback(
    (files: readonly File[]) => {
      const graph = files.find(isGraphFile)
      if (graph) void importFile(graph)
      else upload(files)
    },
    [importFile, upload],
  )
  const mayEdit = useMayEdit()
  const workspace = useWorkspace()
  const graphs = useGraphs(1, 6)
  const datasets = useDatasets(1, 5)
  const endpoints = useEndpoints(6)
  const error = graphs.error ?? datasets.error ?? endpoints.error
  const isLoaded = graphs.data && datasets.data && endpoints.data
  const isEmpty = isLoaded && graphs.data.count === 0 && datasets.data.count === 0
  return (
    <>
      {mayEdit ? <PageDrop hint={t('home.dropHint')} onFiles={take} /> : null}
      {isEmpty && mayEdit ? (
        <FirstSteps />
      ) : (
        <Page title={workspace?.name ?? t('nav.home')} actions={mayEdit ? <HomeActions /> : null}>
          {error && !isLoaded ? <ErrorNotice error={error} onRetry={() => void graphs.refetch()} /> : null}
          {isLoaded ? (
            <Dashboard
              graphs={graphs.data.results}
              datasets={datasets.data.results}
              endpoints={endpoints.data.results}
            />
          ) : null}
          {!isLoaded && !error ? <LoadingCards count={6} height={180} /> : null}
        </Page>
      )}
    </>
  )
}
