import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { ApiError } from '@/api/errors'
import { useGraph, useGraphVersion } from '@/api/graphs'
import { useCatalogue } from '@/api/nodes'
import type { Graph, GraphVersion, NodeDescription } from '@/contracts'
import { createRunStore } from '@/live/createRunStore'
import { RunProvider } from '@/live/RunContext'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { ErrorNotice } from '@/ui'
import classes from './EditorScreen.module.css'
import { indexCatalogue } from './graph/catalogue'
import { translated } from './graph/translate'
import { isNarrow } from './isNarrow'
import { LoadingEditor } from './LoadingEditor'
import { SavedVersionScreen } from './SavedVersionScreen'
import { describe, fromServer } from './server'
import { createEditorStore } from './store/createEditorStore'
import { createUiStore } from './store/createUiStore'
import { EditorProvider } from './store/EditorContext'
import { UiProvider } from './store/UiContext'
import { useCatalogueWords } from './useCatalogueWords'

/** A saved version of a graph, to be looked at: the draft is somewhere else and is not touched. */
export function SavedVersionPage({ graphId, number }: { graphId: string; number: number }) {
  const { t } = useTranslation('editor')
  const graph = useGraph(graphId)
  const version = useGraphVersion(graphId, number)
  const catalogue = useCatalogue()
  const failed = graph.error ?? version.error ?? catalogue.error
  if (graph.error instanceof ApiError && graph.error.status === 404) return <NotFoundPage />
  if (failed) {
    const retry = () => void Promise.all([graph.refetch(), version.refetch(), catalogue.refetch()])
    return (
      <div className={classes.refused}>
        <ErrorNotice error={failed} onRetry={retry} />
        <Link to={graph.data ? `/graphs/${graphId}` : '/graphs'}>
          {t(graph.data ? 'version.toDraft' : 'top.allGraphs')}
        </Link>
      </div>
    )
  }
  if (!graph.data || !version.data || !catalogue.data) return <LoadingEditor />
  return <OpenVersion graph={graph.data} version={version.data} nodes={catalogue.data.nodes} />
}

interface OpenVersionProps {
  readonly graph: Graph
  readonly version: GraphVersion
  readonly nodes: readonly NodeDescription[]
}

function OpenVersion({ graph, version, nodes }: OpenVersionProps) {
  const words = useCatalogueWords()
  const stores = useMemo(() => {
    const described = nodes.map(describe).map((node) => (words ? translated(node, words) : node))
    const draft = { document: fromServer(version.document), revision: 0, savedAt: version.created_at }
    return {
      editor: createEditorStore({ catalogue: indexCatalogue(described), draft, isFixed: true }),
      ui: createUiStore(isNarrow()),
      run: createRunStore(),
    }
  }, [nodes, words, version])
  return (
    <RunProvider store={stores.run}>
      <EditorProvider store={stores.editor}>
        <UiProvider store={stores.ui}>
          <SavedVersionScreen graph={graph} version={version} />
        </UiProvider>
      </EditorProvider>
    </RunProvider>
  )
}
