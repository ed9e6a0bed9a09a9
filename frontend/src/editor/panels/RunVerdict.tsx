import { Button } from '@mantine/core'
import { IconReportAnalytics } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { messageText } from '@/lib/messages'
import { lastVerdict } from '@/lib/verdict'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { VerdictBadge } from '@/ui'
import { findNode } from '../graph/read'
import { useEditor } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import classes from './RunPanel.module.css'

/** What a run that came to its end is worth, in its sentence, and the way to the whole result. */
export function RunVerdict() {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const select = useEditor((state) => state.select)
  const run = useLive((slice) => (slice.run && !isActive(slice.run.state) ? slice.run : null))
  const found = useMemo(() => (run ? lastVerdict(run.order, run.nodes) : null), [run])
  const isDrawn = useEditor(({ document }) => found !== null && findNode(document, found.node) !== undefined)
  if (!found) return null
  const sentence = messageText(found.verdict)
  const open = () => {
    select([found.node])
    ui.getState().change({ inspectorTab: 'metrics', isInspectorOpen: true })
    ui.getState().view.reveal(found.node)
  }
  return (
    <div className={classes.verdict} data-testid="run-verdict">
      <VerdictBadge verdict={found.verdict} isSign />
      <p title={sentence}>{sentence}</p>
      {isDrawn && (
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconReportAnalytics size={14} />}
          onClick={open}
          data-testid="run-result"
        >
          {t('run.result')}
        </Button>
      )}
    </div>
  )
}
