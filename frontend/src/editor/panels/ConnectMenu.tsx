import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { possibleEdges } from '../graph/connect'
import { edgeId, titleOf } from '../graph/read'
import { useEditor } from '../store/EditorContext'
import classes from './ConnectMenu.module.css'

/** "Connect to …": every node this one can feed, for hands that do not drag. */
export function ConnectMenu({ source, onClose }: { source: string; onClose: () => void }) {
  const { t } = useTranslation('editor')
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const perform = useEditor((state) => state.perform)
  const choices = useMemo(
    () =>
      document.nodes.flatMap((node) =>
        possibleEdges(document, catalogue, source, node.id).map((edge) => ({
          edge,
          title: titleOf(node, catalogue),
        })),
      ),
    [document, catalogue, source],
  )
  return (
    <div className={classes.menu} role="menu" aria-label={t('outline.connectTo')}>
      <p className={classes.title}>{t(choices.length > 0 ? 'outline.connectTo' : 'outline.nothingFits')}</p>
      {choices.map(({ edge, title }, index) => (
        <button
          key={edgeId(edge)}
          type="button"
          role="menuitem"
          className={classes.choice}
          // biome-ignore lint/a11y/noAutofocus: it opened from the keyboard
          autoFocus={index === 0}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onClose()
            const step =
              event.key === 'ArrowDown'
                ? 'nextElementSibling'
                : event.key === 'ArrowUp'
                  ? 'previousElementSibling'
                  : null
            if (step) {
              event.preventDefault()
              ;(event.currentTarget[step] as HTMLElement | null)?.focus?.()
            }
          }}
          onClick={() => {
            perform({ kind: 'connect', edge })
            onClose()
          }}
        >
          {t('outline.wire', { output: edge.source_port, title, input: edge.target_port })}
        </button>
      ))}
      <button type="button" className={classes.choice} onClick={onClose}>
        {t('dialog.cancel')}
      </button>
    </div>
  )
}
