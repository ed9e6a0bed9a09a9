import { Button, Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useCreateGraph } from '@/api/graphs'
import { formatMoment } from '@/lib/format'
import { ErrorNotice } from '@/ui'
import { toServer } from '../server'
import { useEditor, useEditorStore } from '../store/EditorContext'
import classes from './Dialogs.module.css'

/** Two drafts of one graph: the person decides which stays. Closing the dialog is not a decision, so it cannot be. */
export function ConflictDialog({ graphName }: { graphName: string }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const navigate = useNavigate()
  const state = useEditor((current) => current.saveState)
  const create = useCreateGraph()
  if (state.kind !== 'conflict') return null
  const { theirs, savedBy } = state.conflict
  const keepMine = () => {
    // On top of their revision mine is a change like any other, which saves itself.
    editor.getState().markSaved(theirs)
  }
  const takeTheirs = () => editor.getState().reset(theirs)
  const saveCopy = () => {
    const { document } = editor.getState()
    create.mutate(
      { name: t('conflict.copyName', { name: graphName }), document: toServer(document) },
      {
        onSuccess: (graph) => {
          takeTheirs()
          void navigate(`/graphs/${graph.id}`)
        },
      },
    )
  }
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title={t('conflict.title')}>
      <p className={classes.text}>
        {savedBy
          ? t('conflict.textBy', { who: savedBy, when: formatMoment(theirs.savedAt) })
          : t('conflict.text', { when: formatMoment(theirs.savedAt) })}
      </p>
      {create.error && <ErrorNotice error={create.error} />}
      <div className={classes.column}>
        <Button onClick={saveCopy} loading={create.isPending}>
          {t('conflict.copy')}
        </Button>
        <Button variant="default" onClick={takeTheirs}>
          {t('conflict.theirs')}
        </Button>
        <Button variant="default" color="red" onClick={keepMine}>
          {t('conflict.mine')}
        </Button>
      </div>
    </Modal>
  )
}
