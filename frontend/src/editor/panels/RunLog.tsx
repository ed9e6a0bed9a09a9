import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { storedText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { findNode, titleOf } from '../graph/read'
import { useEditor } from '../store/EditorContext'
import { LogView } from './LogView'
import classes from './RunPanel.module.css'

/** What every node said, node after node, each under the title that the canvas shows. */
export function RunLog() {
  const { t } = useTranslation('editor')
  const run = useLive((slice) => slice.run)
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const lines = useMemo(
    () =>
      (run?.order ?? []).flatMap((id) => {
        const node = findNode(document, id)
        const title = node ? titleOf(node, catalogue) : id
        return (run?.nodes[id]?.log ?? []).map(({ text, parts }) => `${title}\t${storedText(text, parts)}`)
      }),
    [run, document, catalogue],
  )
  if (lines.length === 0) return <p className={classes.soft}>{t('run.noLog')}</p>
  return <LogView lines={lines} name={`run-${run?.number ?? 0}`} />
}
