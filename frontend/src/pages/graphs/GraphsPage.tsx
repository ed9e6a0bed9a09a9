import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconDots, IconFileImport, IconPencil, IconPlus, IconRoute, IconTrash } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDeleteGraph, useGraphs, useRenameGraph } from '@/api/graphs'
import { useMayEdit } from '@/api/session'
import type { Graph } from '@/contracts'
import { formatAge } from '@/lib/format'
import { resultOf, statusOfRun } from '@/lib/status'
import {
  ConfirmDialog,
  EmptyState,
  ErrorNotice,
  FilePicker,
  Listing,
  NameDialog,
  Page,
  PageDrop,
  Pager,
  StatusBadge,
  Table,
  TableLink,
} from '@/ui'
import { useImportGraph } from './useImportGraph'
import { useOpenNewGraph } from './useOpenNewGraph'

function GraphMenu({ graph }: { graph: Graph }) {
  const { t } = useTranslation()
  const rename = useRenameGraph()
  const remove = useDeleteGraph()
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null)
  const close = () => setOpen(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t('action.more')}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setOpen('rename')}>
            {t('action.rename')}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen('delete')}>
            {t('action.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === 'rename' ? (
        <NameDialog
          title={t('graphs.renameTitle')}
          label={t('list.name')}
          action={t('action.rename')}
          initial={graph.name}
          isBusy={rename.isPending}
          error={rename.error}
          onSubmit={(name) => rename.mutate({ id: graph.id, name }, { onSuccess: close })}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        isOpen={open === 'delete'}
        title={t('graphs.deleteTitle', { name: graph.name })}
        action={t('action.delete')}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(graph.id, { onSuccess: close })}
        onClose={close}
      >
        {t('graphs.deleteText')}
      </ConfirmDialog>
    </>
  )
}

function GraphRow({ graph, mayEdit }: { graph: Graph; mayEdit: boolean }) {
  const { t } = useTranslation()
  const run = graph.last_run
  return (
    <tr>
      <td>
        <TableLink to={`/graphs/${graph.id}`}>{graph.name}</TableLink>
      </td>
      <td>
        {run ? (
          <StatusBadge status={statusOfRun(run.state)} />
        ) : (
          <StatusBadge status="ready" label={t('graphs.notRun')} />
        )}
      </td>
      <td data-quiet>{resultOf(graph) || '–'}</td>
      <td data-numeric>{graph.draft.document.nodes.length}</td>
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
  const [page, setPage] = useState(1)
  const list = useGraphs(page)
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
        empty={
          <EmptyState icon={IconRoute} title={t('graphs.emptyTitle')}>
            {t('graphs.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            label={t('nav.graphs')}
            headers={[
              t('list.name'),
              t('graphs.lastRun'),
              t('list.result'),
              { text: t('graphs.nodes'), isNumeric: true },
              t('graphs.publishedHeader'),
              t('list.updated'),
              '',
            ]}
          >
            {items.map((graph) => (
              <GraphRow key={graph.id} graph={graph} mayEdit={mayEdit} />
            ))}
          </Table>
        )}
      </Listing>
      <Pager page={page} count={list.data?.count ?? 0} onChange={setPage} />
    </Page>
  )
}
