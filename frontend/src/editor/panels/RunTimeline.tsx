import { useTranslation } from 'react-i18next'
import { formatDuration } from '@/lib/format'
import { messageText, storedText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import type { NodeRun } from '@/live/runState'
import { isActive } from '@/live/runState'
import { type Status, StatusBadge } from '@/ui'
import { findNode, titleOf } from '../graph/read'
import { useEditor } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import { useNow } from './Elapsed'
import classes from './RunPanel.module.css'

const NONE: readonly string[] = []

/** Every node of the run with the time it took, as bars on one axis. */
export function RunTimeline() {
  const order = useLive((slice) => slice.run?.order ?? NONE)
  const startedAt = useLive((slice) => slice.run?.startedAt ?? null)
  const finishedAt = useLive((slice) => slice.run?.finishedAt ?? null)
  const isMoving = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const now = useNow(isMoving)
  const start = startedAt ? Date.parse(startedAt) : now
  const end = finishedAt ? Date.parse(finishedAt) : now
  return (
    <ol className={classes.timeline}>
      {order.map((id) => (
        <TimelineRow key={id} id={id} start={start} end={Math.max(end, start + 200)} />
      ))}
    </ol>
  )
}

function TimelineRow({ id, start, end }: { id: string; start: number; end: number }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const select = useEditor((state) => state.select)
  const node = useLive((slice) => slice.run?.nodes[id])
  const title = useEditor((state) => {
    const drawn = findNode(state.document, id)
    return drawn ? titleOf(drawn, state.catalogue) : ''
  })
  if (!node) return null
  const from = node.startedAt ? Date.parse(node.startedAt) : null
  const to = node.finishedAt ? Date.parse(node.finishedAt) : end
  const share = (moment: number) => Math.min(100, Math.max(0, (100 * (moment - start)) / (end - start)))
  const status = statusOf(node)
  const label =
    node.state === 'running'
      ? t('status.runningShare', { percent: Math.round(node.progress * 100) })
      : undefined
  const said = node.error ? messageText(node.error) : storedText(node.headline, node.headlineParts)
  return (
    <li>
      <button
        type="button"
        className={classes.row}
        onClick={() => {
          select([id])
          ui.getState().view.reveal(id)
        }}
      >
        <span className={classes.rowTitle}>{title || node.title || node.type}</span>
        <StatusBadge status={status} {...(label ? { label } : {})} />
        <span className={classes.axis}>
          {from !== null && !node.isCached && (
            <span
              className={classes.bar}
              style={{
                left: `${share(from)}%`,
                width: `${Math.max(0.6, share(to) - share(from))}%`,
                background: `var(--status-${status === 'crashed' ? 'failed' : status})`,
              }}
            />
          )}
        </span>
        <span className={classes.time}>
          {from !== null && !node.isCached ? formatDuration((to - from) / 1000) : ''}
        </span>
        <span className={classes.rowNote} title={said}>
          {said || storedText(node.progressText, node.progressTextParts)}
        </span>
      </button>
    </li>
  )
}

function statusOf(node: NodeRun): Status {
  return node.state === 'done' && node.isCached ? 'cached' : node.state
}
