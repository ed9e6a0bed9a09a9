import { Button, Loader, Modal } from '@mantine/core'
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFilePreview, useReadAgain } from '@/api/datasets'
import type { Dataset, ReadOptions } from '@/contracts'
import { ErrorNotice } from '@/ui'
import styles from './ReadAgainDialog.module.css'
import { ReadingChoices } from './ReadingChoices'
import { ReadingPreview } from './ReadingPreview'
import { forColumns } from './readingChoices'

const ASK_AFTER_MS = 150

/** How the file is to be read when what was found out by itself is wrong. Mount it to open it. */
export function ReadAgainDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { t } = useTranslation()
  const again = useReadAgain(dataset.id)
  const [options, setOptions] = useState<ReadOptions>(dataset.options)
  const [asked] = useDebouncedValue(options, ASK_AFTER_MS)
  const { data: preview, error, isFetching } = useFilePreview(dataset, asked)
  const isNarrow = useMediaQuery('(max-width: 640px)') ?? false
  const change = (some: Partial<ReadOptions>) => setOptions((before) => ({ ...before, ...some }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    again.mutate(forColumns(options, preview), { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={t('readAgain.title')} size={1100} fullScreen={isNarrow}>
      <form onSubmit={submit} className={styles.form}>
        {dataset.column_count > 0 ? <p className={styles.text}>{t('readAgain.text')}</p> : null}
        <ReadingChoices options={options} found={preview?.found} onChange={change} />
        <div className={styles.preview} aria-busy={isFetching || asked !== options}>
          {error ? <ErrorNotice error={error} /> : null}
          {preview && !error ? (
            <ReadingPreview preview={preview} options={options} onChange={change} />
          ) : null}
          {!preview && !error ? <Loader size="sm" aria-label={t('readAgain.preview')} /> : null}
        </div>
        {again.error ? <ErrorNotice error={again.error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={again.isPending}>
            {t('readAgain.action')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
