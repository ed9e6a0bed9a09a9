import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Graph } from '@/contracts'
import { formatTime } from '@/lib/format'
import { isDirty } from '../store/createEditorStore'
import { useEditor } from '../store/EditorContext'
import classes from './TopBar.module.css'

const DOTS = {
  saved: 'var(--status-done)',
  saving: 'var(--status-running)',
  failed: 'var(--status-failed)',
  conflict: 'var(--status-failed)',
  dirty: 'var(--status-warning)',
} as const

/** Draft, version and what is published, always in view: "Draft · saved 10:42 · version 3". A click saves a version. */
export function StatePill({ graph, onSave }: { graph: Graph; onSave: () => void }) {
  const { t } = useTranslation('editor')
  const state = useEditor((editor) => editor.saveState)
  const savedAt = useEditor((editor) => editor.saved.savedAt)
  const dirty = useEditor(isDirty)
  const isFixed = useEditor((editor) => editor.isFixed)
  const kind = state.kind === 'saved' && dirty ? 'dirty' : state.kind
  const word = isFixed
    ? t('pill.viewOnly')
    : kind === 'saved'
      ? t('pill.saved', { time: formatTime(savedAt) })
      : t(`pill.${kind}`)
  const version = graph.latest_version === null ? '' : t('pill.version', { number: graph.latest_version })
  const published =
    graph.published_version === null ? '' : t('pill.published', { number: graph.published_version })
  const help = isFixed ? t('pill.viewOnlyHelp') : state.kind === 'failed' ? state.message : t('pill.help')
  return (
    <Tooltip label={help} multiline maw={280}>
      <button
        type="button"
        className={classes.pill}
        data-kind={kind}
        onClick={isFixed ? undefined : onSave}
        data-testid="state-pill"
      >
        <span className={classes.dot} style={{ '--dot': DOTS[kind] } as React.CSSProperties} aria-hidden />
        <span className={classes.pillState}>
          <span>{[t('pill.draft'), word].join(' · ')}</span>
          {/* Holds the width, so that what stands beside it does not move under the pointer. */}
          <span aria-hidden>
            {[t('pill.draft'), t('pill.saved', { time: formatTime(savedAt) })].join(' · ')}
          </span>
        </span>
        {(version || published) && (
          <span className={classes.pillDetail}>
            {['', version, published].filter((part, at) => at === 0 || part).join(' · ')}
          </span>
        )}
      </button>
    </Tooltip>
  )
}
