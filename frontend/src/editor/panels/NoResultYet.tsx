import { useTranslation } from 'react-i18next'
import { messageText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { findNode, titleOf } from '../graph/read'
import { removalOf } from '../nodeAppearance'
import { useEditor } from '../store/EditorContext'
import classes from './Inspector.module.css'

/** Stands where the result of a node would: why it failed or was skipped, that it has not run, or was removed. */
export function NoResultYet({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const isRemoved = useLive((slice) => removalOf(slice.run?.nodes[node]) !== null)
  const state = useLive((slice) => slice.run?.nodes[node]?.state)
  const error = useLive((slice) => slice.run?.nodes[node]?.error)
  const failed = useLive(
    (slice) => slice.run?.order.find((id) => slice.run?.nodes[id]?.state === 'failed') ?? '',
  )
  const title = useEditor((editor) => {
    const found = findNode(editor.document, failed)
    return found ? titleOf(found, editor.catalogue) : ''
  })
  if ((state === 'failed' || state === 'crashed') && error)
    return <p className={classes.note}>{t('inspector.failed', { reason: messageText(error) })}</p>
  if (state === 'skipped' && title) return <p className={classes.note}>{t('inspector.skipped', { title })}</p>
  return <p className={classes.note}>{t(isRemoved ? 'removed.nothing' : 'inspector.notRun')}</p>
}
