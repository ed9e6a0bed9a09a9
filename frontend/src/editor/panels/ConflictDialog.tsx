import { Button, Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useCreateGraph, useSaveVersion } from '@/api/graphs'
import { useSession } from '@/api/session'
import { formatMoment } from '@/lib/format'
import { ErrorNotice } from '@/ui'
import { toServer } from '../server'
import { useEditor, useEditorStore } from '../store/EditorContext'
import classes from './Dialogs.module.css'

/**
 * Two drafts of one graph: the person decides which stays, and the other is not lost: theirs becomes a version, mine a
 * step of undo. Closing the dialog is not a decision, so it cannot be.
 */
export function ConflictDialog({ graphId, graphName }: { graphId: string; graphName: string }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const navigate = useNavigate()
  const state = useEditor((current) => current.saveState)
  const create = useCreateGraph()
  const keep = useSaveVersion(graphId)
  const { data: session } = useSession()
  if (state.kind !== 'conflict') return null
  const { theirs, savedBy } = state.conflict
  const when = formatMoment(theirs.savedAt)
  const isMe = savedBy === session?.user?.username
  const keepMine = () =>
    keep.mutate(
      { name: t('conflict.versionName', { who: savedBy, when }).slice(0, 120) },
      // On top of their revision mine is a change like any other, which saves itself.
      { onSuccess: () => editor.getState().markSaved(theirs) },
    )
  const takeTheirs = () => editor.getState().takeOver(theirs)
  const saveCopy = () => {
    const { document } = editor.getState()
    create.mutate(
      { name: t('conflict.copyName', { name: graphName }), document: toServer(document) },
      {
        onSuccess: (graph) => {
          editor.getState().reset(theirs)
          void navigate(`/graphs/${graph.id}`)
        },
      },
    )
  }
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title={t('conflict.title')}>
      <p className={classes.text}>
        {savedBy && !isMe ? t('conflict.textBy', { who: savedBy, when }) : t('conflict.text', { when })}
      </p>
      {create.error && <ErrorNotice error={create.error} />}
      {keep.error && <ErrorNotice error={keep.error} />}
      <div className={classes.column}>
        <Button onClick={saveCopy} loading={create.isPending}>
          {t('conflict.copy')}
        </Button>
        <Button variant="default" onClick={takeTheirs}>
          {t('conflict.theirs')}
        </Button>
        <p className={classes.note}>{t('conflict.theirsHelp')}</p>
        <Button variant="default" onClick={keepMine} loading={keep.isPending}>
          {t('conflict.mine')}
        </Button>
        <p className={classes.note}>{t('conflict.mineHelp')}</p>
      </div>
    </Modal>
  )
}
