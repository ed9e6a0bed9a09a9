import { Button } from '@mantine/core'
import { IconFileImport, IconPlus, IconRoute } from '@tabler/icons-react'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useDeleteGraph, useGraphs, useRenameGraph } from '@/api/graphs'
import { useMayEdit } from '@/api/session'
import type { GraphLine } from '@/contracts'
import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { formatAge } from '@/lib/format'
import { resultOf } from '@/lib/status'
import { RunBadge } from '@/pages/runs/RunBadge'
import {
  EmptyState,
  ErrorNotice,
  FilePicker,
  JudgedResult,
  Listing,
  Page,
  PageDrop,
  RenameDeleteMenu,
  StatusBadge,
  Table,
  TableLink,
  useListState,
} from '@/ui'
import { useImportGraph } from './useImportGraph'
import { useOpenNewGraph } from './useOpenNewGraph'

function GraphMenu({ graph }: { graph: GraphLine }) {
  const { t } = useTranslation()
  const rename = useRenameGraph()
  const remove = useDeleteGraph()
  const { id, name } = graph
  return (
    <RenameDeleteMenu
      isInRow
      name={name}
      renameTitle={t('graphs.renameTitle')}
      deleteTitle={t('graphs.deleteTitle', { name })}
      deleteText={t('graphs.deleteText')}
      rename={{ ...rename, start: (next, done) => rename.mutate({ id, name: next }, { onSuccess: done }) }}
      remove={{ ...remove, start: (done) => remove.mutate(id, { onSuccess: done }) }}
    />
  )
}

function GraphRow({ graph, mayEdit }: { graph: GraphLine; mayEdit: boolean }) {
  const { t } = useTranslation()
  useCatalogueWords()
  const run = graph.last_run
  return (
    <tr>
      <td>
        <TableLink to={`/graphs/${graph.id}`}>{graph.name}</TableLink>
      </td>
      <td>{run ? <RunBadge run={run} /> : <StatusBadge status="ready" label={t('graphs.notRun')} />}</td>
      <td data-quiet>
        <JudgedResult verdict={run?.verdict} text={resultOf(graph)} />
      </td>
      <td data-numeric>{graph.outline?.nodes.length ?? '–'}</td>
      <td>{graph.published_version === null ? '–' : `v${graph.published_version}`}</td>
      <td>{formatAge(graph.updated_at)}</td>
      <td data-actions>{mayEdit ? <GraphMenu graph={graph} /> : null}</td>
    </tr>
  )
}

/** A graph from a file: chosen, or dropped anywhere on the page. */
function ImportGraph() {
  const { t } = useTranslation()
  const { importFile, isPending } = useImportGraph()
  const take = useCallback(([file]: readonly File[]) => void (file && importFile(file)), [importFile])
  return (
    <>
      <PageDrop hint={t('graphs.dropHint')} onFiles={take} />
      <FilePicker accept=".json" onFiles={take}>
        {(open) => (
          <Button
            variant="default"
            leftSection={<IconFileImport size={16} />}
            loading={isPending}
            onClick={open}
          >
            {t('graphs.import')}
          </Button>
        )}
      </FilePicker>
    </>
  )
}

export function GraphsPage() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useGraphs(state.page, 50, state.search, state.order)
  const newGraph = useOpenNewGraph()
  const mayEdit = useMayEdit()
  const buttons = mayEdit ? (
    <>
      <ImportGraph />
      <Button
        leftSection={<IconPlus size={16} />}
        loading={newGraph.isPending}
        onClick={() => newGraph.mutate({ name: t('graphs.untitled') })}
      >
        {t('graphs.new')}
      </Button>
    </>
  ) : null
  return (
    <Page title={t('nav.graphs')} actions={buttons}>
      {newGraph.error ? <ErrorNotice error={newGraph.error} /> : null}
      <Listing
        answer={list}
        state={state}
        empty={
          <EmptyState icon={IconRoute} title={t('graphs.emptyTitle')}>
            {t('graphs.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            state={state}
            label={t('nav.graphs')}
            headers={[
              { text: t('list.name'), order: 'name' },
              { text: t('graphs.lastRun'), order: 'state' },
              t('list.result'),
              { text: t('graphs.nodes'), isNumeric: true },
              t('graphs.publishedHeader'),
              { text: t('list.updated'), order: 'updated' },
              '',
            ]}
          >
            {items.map((graph) => (
              <GraphRow key={graph.id} graph={graph} mayEdit={mayEdit} />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}
