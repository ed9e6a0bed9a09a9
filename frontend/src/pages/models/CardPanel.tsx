import { Button } from '@mantine/core'
import { IconHistory, IconNotes, IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCard } from '@/api/models'
import { useMayEdit } from '@/api/session'
import type { CardText } from '@/contracts'
import { formatMoment } from '@/lib/format'
import { EmptyState, ErrorNotice, LoadingRows, Markdown, Panel, Section } from '@/ui'
import { CardEditor } from './CardEditor'
import { CardHistory } from './CardHistory'
import styles from './VersionPage.module.css'

function Written({ written }: { written: CardText }) {
  const { t } = useTranslation()
  return (
    <>
      <Markdown text={written.text} />
      <p className={styles.foot}>
        {t('version.cardBy', {
          name: written.created_by ?? t('version.somebody'),
          moment: formatMoment(written.created_at),
        })}
      </p>
    </>
  )
}

function NothingWritten({ onWrite }: { onWrite: () => void }) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  return (
    <EmptyState
      icon={IconNotes}
      title={t('version.cardEmpty')}
      action={
        mayEdit ? (
          <Button variant="default" leftSection={<IconPencil size={16} />} onClick={onWrite}>
            {t('version.cardWrite')}
          </Button>
        ) : null
      }
    >
      {t('version.cardEmptyText')}
    </EmptyState>
  )
}

/** The card of a version: what people wrote on it, written anew here, with every text that stood there before. */
export function CardPanel({ model, version }: { model: string; version: number }) {
  const { t } = useTranslation()
  const { data, error, refetch } = useCard(model, version)
  const mayEdit = useMayEdit()
  const [open, setOpen] = useState<'editor' | 'texts' | null>(null)
  const written = data?.written ?? null
  const hasText = written !== null && written.text.trim() !== ''
  const write = () => setOpen('editor')
  const close = () => setOpen(null)
  const aside = (
    <div className={styles.buttons}>
      {written ? (
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconHistory size={14} />}
          onClick={() => setOpen('texts')}
        >
          {t('version.cardTexts')}
        </Button>
      ) : null}
      {mayEdit && hasText && open !== 'editor' ? (
        <Button size="compact-sm" variant="default" leftSection={<IconPencil size={14} />} onClick={write}>
          {t('version.cardEdit')}
        </Button>
      ) : null}
    </div>
  )
  return (
    <Section title={t('models.card')} aside={aside}>
      <Panel>
        {error && !data ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
        {!data && !error ? <LoadingRows count={4} /> : null}
        {data && open === 'editor' ? (
          <CardEditor model={model} version={version} written={written} onClose={close} />
        ) : null}
        {data && open !== 'editor' ? (
          hasText ? (
            <Written written={written} />
          ) : (
            <NothingWritten onWrite={write} />
          )
        ) : null}
      </Panel>
      {open === 'texts' && written ? (
        <CardHistory model={model} version={version} current={written} onClose={close} />
      ) : null}
    </Section>
  )
}
