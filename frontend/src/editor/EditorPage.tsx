import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'
import { ApiError } from '@/api/errors'
import { useDraft, useGraph } from '@/api/graphs'
import { useCatalogue } from '@/api/nodes'
import { useMayEdit } from '@/api/session'
import type { Draft, Graph, NodeDescription } from '@/contracts'
import { createRunStore } from '@/live/createRunStore'
import { RunProvider } from '@/live/RunContext'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { ErrorNotice } from '@/ui'
import { EditorScreen } from './EditorScreen'
import classes from './EditorScreen.module.css'
import { indexCatalogue } from './graph/catalogue'
import { translated } from './graph/translate'
import { isNarrow } from './isNarrow'
import { LoadingEditor } from './LoadingEditor'
import { SavedVersionPage } from './SavedVersionPage'
import { describe, fromServer } from './server'
import { createEditorStore } from './store/createEditorStore'
import { createUiStore } from './store/createUiStore'
import { EditorProvider } from './store/EditorContext'
import { UiProvider } from './store/UiContext'
import { useCatalogueWords } from './useCatalogueWords'

/** A graph, opened to be drawn, run and published; `?version=` shows a saved version of it. */
export function EditorPage() {
  const { graphId = '' } = useParams()
  const [asked] = useSearchParams()
  const version = Number(asked.get('version'))
  if (version > 0)
    return <SavedVersionPage key={`${graphId} ${version}`} graphId={graphId} number={version} />
  return <DraftPage graphId={graphId} />
}

function DraftPage({ graphId }: { graphId: string }) {
  const { t } = useTranslation('editor')
  const graph = useGraph(graphId)
  const draft = useDraft(graphId)
  const catalogue = useCatalogue()
  const failed = graph.error ?? draft.error ?? catalogue.error
  if (failed instanceof ApiError && failed.status === 404) return <NotFoundPage />
  if (failed) {
    const retry = () => void Promise.all([graph.refetch(), draft.refetch(), catalogue.refetch()])
    return (
      <div className={classes.refused}>
        <ErrorNotice error={failed} onRetry={retry} />
        <Link to="/graphs">{t('top.allGraphs')}</Link>
      </div>
    )
  }
  if (!graph.data || !draft.data || !catalogue.data) return <LoadingEditor />
  return <OpenGraph key={graphId} graph={graph.data} draft={draft.data} nodes={catalogue.data.nodes} />
}

interface OpenGraphProps {
  readonly graph: Graph
  readonly draft: Draft
  readonly nodes: readonly NodeDescription[]
}

function OpenGraph({ graph, draft, nodes }: OpenGraphProps) {
  const words = useCatalogueWords()
  const mayEdit = useMayEdit()
  const indexed = useMemo(
    () => indexCatalogue(nodes.map(describe).map((node) => (words ? translated(node, words) : node))),
    [nodes, words],
  )
  // The draft is taken once; from then on the open document is the editor's own.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const stores = useMemo(
    () => ({
      editor: createEditorStore({
        catalogue: indexed,
        draft: {
          document: fromServer(draft.document),
          revision: draft.revision,
          savedAt: draft.saved_at,
        },
        isFixed: !mayEdit,
      }),
      ui: createUiStore(isNarrow()),
      run: createRunStore(),
    }),
    [graph.id, mayEdit],
  )
  useEffect(() => stores.editor.getState().reword(indexed), [stores, indexed])
  return (
    <RunProvider store={stores.run}>
      <EditorProvider store={stores.editor}>
        <UiProvider store={stores.ui}>
          <EditorScreen graph={graph} />
        </UiProvider>
      </EditorProvider>
    </RunProvider>
  )
}
