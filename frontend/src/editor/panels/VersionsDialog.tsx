import { Button, Loader, Modal } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useVersions, versionQuery } from '@/api/graphs'
import { formatMoment } from '@/lib/format'
import { ErrorNotice } from '@/ui'
import { fromServer } from '../server'
import { useEditor } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './Dialogs.module.css'

/** The versions of the graph; going back to one is a change of the draft like any other, and can be undone. */
export function VersionsDialog({ graphId, onSave }: { graphId: string; onSave: () => void }) {
  const isOpen = useUi((state) => state.sheet === 'versions')
  return isOpen ? <OpenVersions graphId={graphId} onSave={onSave} /> : null
}

function OpenVersions({ graphId, onSave }: { graphId: string; onSave: () => void }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const perform = useEditor((state) => state.perform)
  const { data, error, isPending } = useVersions(graphId)
  const close = () => ui.getState().change({ sheet: null })
  const queries = useQueryClient()
  const restore = useMutation({
    mutationFn: (number: number) => queries.fetchQuery(versionQuery(graphId, number)),
    onSuccess: (version) => {
      perform({ kind: 'load', document: fromServer(version.document) })
      close()
    },
  })
  return (
    <Modal opened onClose={close} title={t('version.list')}>
      {error && <ErrorNotice error={error} />}
      {restore.error && <ErrorNotice error={restore.error} />}
      {isPending && <Loader size="sm" />}
      {data?.results.length === 0 && <p className={classes.text}>{t('version.none')}</p>}
      {data?.results.map((version) => (
        <div key={version.number} className={classes.version}>
          <div className={classes.grow}>
            <div>{version.name || t('version.number', { number: version.number })}</div>
            <div className={classes.note}>
              {formatMoment(version.created_at)} · {version.created_by}
            </div>
          </div>
          <Button
            size="xs"
            variant="subtle"
            component={Link}
            to={`/graphs/${graphId}?version=${version.number}`}
          >
            {t('version.look')}
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={restore.isPending && restore.variables === version.number}
            onClick={() => restore.mutate(version.number)}
          >
            {t('version.restore')}
          </Button>
        </div>
      ))}
      <div className={classes.row}>
        <Button onClick={onSave}>{t('version.save')}</Button>
      </div>
    </Modal>
  )
}
