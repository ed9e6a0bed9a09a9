import { useWords } from '@/lib/useWords'
import type { GraphNode, Serving } from '../graph/types'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './GraphNode.module.css'

interface NodeTitleProps {
  readonly node: GraphNode
  readonly fallback: string
  readonly serve: Serving
}

/** Title, edited in place on F2 or a double click, and the word that says what becomes of the node in an endpoint. */
export function NodeTitle({ node, fallback, serve }: NodeTitleProps) {
  const t = useWords('editor')
  const isFixed = useEditor((state) => state.isFixed)
  const isRenaming = useUi((ui) => ui.renaming === node.id) && !isFixed
  const ui = useUiStore()
  return (
    <>
      {isRenaming ? (
        <TitleInput node={node} fallback={fallback} />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same from the keyboard
        <span
          className={classes.title}
          title={node.title || fallback}
          onDoubleClick={(event) => {
            event.stopPropagation()
            if (!isFixed) ui.getState().change({ renaming: node.id })
          }}
        >
          {node.title || fallback}
        </span>
      )}
      {serve !== 'none' && (
        <span className={classes.serve} data-serve={serve} title={t(`serve.${serve}`)}>
          {t(`serveWord.${serve}`)}
        </span>
      )}
    </>
  )
}

function TitleInput({ node, fallback }: { node: GraphNode; fallback: string }) {
  const t = useWords('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  const finish = (text: string | null) => {
    ui.getState().change({ renaming: null })
    const title = text?.trim() === fallback ? '' : text?.trim()
    if (title !== undefined && title !== node.title) {
      editor.getState().perform({ kind: 'rename', node: node.id, title })
    }
  }
  return (
    <input
      className={`${classes.titleInput} nodrag nopan`}
      aria-label={t('canvas.rename')}
      defaultValue={node.title || fallback}
      maxLength={120}
      // biome-ignore lint/a11y/noAutofocus: the person asked to rename
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
        if (event.key === 'Escape') finish(null)
      }}
    />
  )
}
