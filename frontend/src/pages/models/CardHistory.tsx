import { Accordion, Button, Modal } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCardTexts, useWriteCard } from '@/api/models'
import { useMayEdit } from '@/api/session'
import type { CardText } from '@/contracts'
import { formatMoment } from '@/lib/format'
import { ErrorNotice, LoadingRows, Markdown, Pager } from '@/ui'
import styles from './VersionPage.module.css'

export type CardHistoryProps = { model: string; version: number; current: CardText; onClose: () => void }

/** Every text that stood on the card, with who wrote it and when; any of them can stand there again. */
export function CardHistory({ model, version, current, onClose }: CardHistoryProps) {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const { data, error, refetch } = useCardTexts(model, version, page)
  const write = useWriteCard(model, version)
  const mayEdit = useMayEdit()
  const restore = (text: string) => write.mutate({ text, after: current.number }, { onSuccess: onClose })
  return (
    <Modal opened onClose={onClose} size="lg" title={t('version.cardTexts')}>
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {write.error ? <ErrorNotice error={write.error} /> : null}
      {!data && !error ? <LoadingRows count={3} /> : null}
      <Accordion variant="separated" chevronPosition="left">
        {(data?.results ?? []).map((each) => (
          <Accordion.Item key={each.number} value={String(each.number)}>
            <Accordion.Control>
              {t('version.cardTextBy', {
                name: each.created_by ?? t('version.somebody'),
                moment: formatMoment(each.created_at),
              })}
              {each.number === current.number ? (
                <span className={styles.quiet}> · {t('version.cardNow')}</span>
              ) : null}
            </Accordion.Control>
            <Accordion.Panel>
              {each.text.trim() ? (
                <Markdown text={each.text} />
              ) : (
                <p className={styles.note}>{t('version.cardBlank')}</p>
              )}
              {mayEdit && each.number !== current.number ? (
                <div className={styles.buttons}>
                  <Button
                    size="xs"
                    variant="default"
                    leftSection={<IconArrowBackUp size={14} />}
                    loading={write.isPending && write.variables.text === each.text}
                    onClick={() => restore(each.text)}
                  >
                    {t('version.cardRestore')}
                  </Button>
                </div>
              ) : null}
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Pager page={page} count={data?.count ?? 0} onChange={setPage} />
    </Modal>
  )
}
