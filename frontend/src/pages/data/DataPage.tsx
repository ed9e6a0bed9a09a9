import { Button } from '@mantine/core'
import { IconDatabase, IconUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useDatasets } from '@/api/datasets'
import { useMayEdit } from '@/api/session'
import type { ListedDataset } from '@/contracts'
import { formatAge, formatBytes, formatCount } from '@/lib/format'
import {
  EmptyState,
  FilePicker,
  Listing,
  Page,
  PageDrop,
  type Status,
  StatusBadge,
  Table,
  TableLink,
  useListState,
} from '@/ui'
import { ACCEPTED } from './accepted'
import { asksForEncoding } from './Reading'
import { useUpload } from './useUpload'

const STATUSES: Record<ListedDataset['status'], Status> = {
  pending: 'queued',
  reading: 'running',
  ready: 'done',
  failed: 'failed',
}

function DatasetRow({ dataset }: { dataset: ListedDataset }) {
  const { t } = useTranslation()
  return (
    <tr>
      <td>
        <TableLink to={`/data/${dataset.id}`}>{dataset.name}</TableLink>
      </td>
      <td>
        {asksForEncoding(dataset) ? (
          <StatusBadge status="pending" label={t('dataset.status.encoding')} />
        ) : (
          <StatusBadge status={STATUSES[dataset.status]} label={t(`dataset.status.${dataset.status}`)} />
        )}
      </td>
      <td data-numeric>{dataset.rows === null ? '–' : formatCount(dataset.rows)}</td>
      <td data-numeric>{dataset.column_count || '–'}</td>
      <td data-numeric>{formatBytes(dataset.bytes)}</td>
      <td>{formatAge(dataset.created_at)}</td>
    </tr>
  )
}

export function DataPage() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useDatasets(state.page, 50, state.search, state.order)
  const upload = useUpload()
  const mayEdit = useMayEdit()
  const button = (open: () => void) => (
    <Button leftSection={<IconUpload size={16} />} onClick={open}>
      {t('data.upload')}
    </Button>
  )
  const picker = mayEdit ? (
    <FilePicker accept={ACCEPTED} onFiles={upload}>
      {button}
    </FilePicker>
  ) : null
  return (
    <Page title={t('nav.data')} actions={picker}>
      {mayEdit ? <PageDrop hint={t('home.dropHint')} onFiles={upload} /> : null}
      <Listing
        answer={list}
        state={state}
        empty={
          <EmptyState icon={IconDatabase} title={t('data.emptyTitle')}>
            {t('data.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            state={state}
            label={t('nav.data')}
            headers={[
              { text: t('list.name'), order: 'name' },
              t('list.state'),
              { text: t('dataset.rows'), isNumeric: true },
              { text: t('dataset.columns'), isNumeric: true },
              { text: t('list.size'), isNumeric: true },
              { text: t('list.created'), order: 'created' },
            ]}
          >
            {items.map((dataset) => (
              <DatasetRow key={dataset.id} dataset={dataset} />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}
