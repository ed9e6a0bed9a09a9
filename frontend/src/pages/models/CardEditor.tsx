import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/errors'
import { useWriteCard } from '@/api/models'
import type { CardText } from '@/contracts'
import { ErrorNotice, Markdown } from '@/ui'
import styles from './VersionPage.module.css'

const LONGEST = 50_000

/** The text that somebody else put on the card meanwhile, if that is why mine was refused. */
function theirsIn(error: unknown): { text: string; number: number } | null {
  if (!(error instanceof ApiError) || error.code !== 'card_changed') return null
  return error.body as { text: string; number: number }
}

/** Asks before the page is left with a text that was not saved. */
function useAskBeforeLeaving(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isChanged])
}

export type CardEditorProps = {
  model: string
  version: number
  /** What stands on the card now. */
  written: CardText | null
  onClose: () => void
}

/** Writes on the card, with a look at how it will be; what somebody else wrote meanwhile is never written over unseen. */
export function CardEditor({ model, version, written, onClose }: CardEditorProps) {
  const { t } = useTranslation()
  const write = useWriteCard(model, version)
  // What the person began with stays the measure, also when the card is read anew underneath.
  const [start] = useState({ text: written?.text || t('version.cardTemplate'), after: written?.number ?? 0 })
  const [text, setText] = useState(start.text)
  const [mode, setMode] = useState('write')
  useAskBeforeLeaving(text !== start.text)
  const theirs = theirsIn(write.error)
  const save = (after: number) => write.mutate({ text, after }, { onSuccess: onClose })
  return (
    <div className={styles.editor}>
      <SegmentedControl
        value={mode}
        onChange={setMode}
        data={[
          { value: 'write', label: t('version.cardWriting') },
          { value: 'preview', label: t('version.cardPreview') },
        ]}
        style={{ alignSelf: 'flex-start' }}
      />
      {mode === 'write' ? (
        <Textarea
          classNames={{ input: styles.markdown ?? '' }}
          aria-label={t('version.cardText')}
          description={t('version.cardHelp')}
          inputWrapperOrder={['input', 'description']}
          value={text}
          maxLength={LONGEST}
          autosize
          minRows={10}
          maxRows={28}
          data-autofocus
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        <div className={styles.preview}>
          <Markdown text={text} />
        </div>
      )}
      {write.error ? <ErrorNotice error={write.error} /> : null}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        {theirs ? (
          <>
            <Button variant="default" onClick={onClose}>
              {t('version.cardTheirs')}
            </Button>
            <Button loading={write.isPending} onClick={() => save(theirs.number)}>
              {t('version.cardMine')}
            </Button>
          </>
        ) : (
          <Button loading={write.isPending} onClick={() => save(start.after)}>
            {t('version.cardSave')}
          </Button>
        )}
      </div>
    </div>
  )
}
