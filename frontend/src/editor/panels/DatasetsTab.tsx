import { Button, Loader } from '@mantine/core'
import { IconFileSpreadsheet, IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDatasets } from '@/api/datasets'
import type { ListedDataset } from '@/contracts'
import { formatCount } from '@/lib/format'
import { messageText } from '@/lib/messages'
import { ErrorNotice, SearchField } from '@/ui'
import { DATASET_MIME } from '../dragTypes'
import { pickFile } from '../pickFile'
import { useUiStore } from '../store/UiContext'
import { useAddInView } from '../useAddNode'
import { useUpload } from '../useUpload'
import classes from './SidePanel.module.css'

const SHOWN = 50

/** The workspace's data sets; each is dragged or clicked onto the canvas as a source. */
export function DatasetsTab() {
  const { t } = useTranslation('editor')
  const [query, setQuery] = useState('')
  const { data, error, isPending, refetch } = useDatasets(1, SHOWN, query)
  const ui = useUiStore()
  const addNode = useAddInView()
  const upload = useUpload()
  const found = data?.results ?? []
  const add = (dataset: ListedDataset) => addNode('source.file', { dataset: dataset.id })
  return (
    <>
      <div className={classes.search}>
        <SearchField label={t('datasets.search')} onSearch={setQuery} />
      </div>
      <div className={classes.scroll}>
        {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
        {isPending && <Loader size="sm" m="md" />}
        {found.map((dataset) => (
          <DatasetItem key={dataset.id} dataset={dataset} onAdd={add} />
        ))}
        {data && found.length === 0 && (
          <p className={classes.none}>{t(query ? 'datasets.noneFound' : 'datasets.none')}</p>
        )}
        {data && data.count > found.length && (
          <p className={classes.none}>{t('datasets.more', { count: data.count - found.length })}</p>
        )}
      </div>
      <div className={classes.actions}>
        <Button
          variant="default"
          fullWidth
          leftSection={<IconUpload size={16} />}
          onClick={() =>
            void pickFile('.csv,.tsv,.txt,.parquet,.xlsx').then(
              (file) => file && upload(file, ui.getState().view.middle()),
            )
          }
        >
          {t('datasets.upload')}
        </Button>
      </div>
    </>
  )
}

function DatasetItem({
  dataset,
  onAdd,
}: {
  dataset: ListedDataset
  onAdd: (dataset: ListedDataset) => void
}) {
  const { t } = useTranslation('editor')
  const note =
    dataset.status === 'ready'
      ? t('datasets.size', { rows: formatCount(dataset.rows ?? 0), columns: dataset.column_count })
      : dataset.status === 'failed'
        ? dataset.error
          ? messageText(dataset.error)
          : t('datasets.failed')
        : t('datasets.reading')
  return (
    <button
      type="button"
      className={classes.item}
      draggable
      data-testid={`dataset-item-${dataset.id}`}
      onDragStart={(event) => event.dataTransfer.setData(DATASET_MIME, dataset.id)}
      onClick={() => onAdd(dataset)}
    >
      <span className={classes.itemIcon}>
        <IconFileSpreadsheet size={17} stroke={1.6} aria-hidden />
      </span>
      <span className={classes.itemText}>
        <span className={classes.itemTitle}>{dataset.name}</span>
        <span className={classes.itemNote}>{note}</span>
      </span>
    </button>
  )
}
