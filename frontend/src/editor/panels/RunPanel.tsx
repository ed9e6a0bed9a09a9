import { ActionIcon, Button, SegmentedControl, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconPlayerTrackNext } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import { storedText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { EndAnnouncement, StatusBadge } from '@/ui'
import { useUi, useUiStore } from '../store/UiContext'
import type { RunActions } from '../useActions'
import { ConnectionStatusBadge } from './ConnectionStatusBadge'
import { Elapsed } from './Elapsed'
import { RunCurves } from './RunCurves'
import { RunLog } from './RunLog'
import classes from './RunPanel.module.css'
import { RunTimeline } from './RunTimeline'
import { RunVerdict } from './RunVerdict'

type View = 'timeline' | 'curves' | 'log'

interface RunPanelProps {
  readonly run: RunActions
  /** Whether there is a run, though it is still on its way: its line has its place, so that the canvas does not move. */
  readonly isExpected: boolean
}

/** The run at the foot of the canvas: one line when folded; timeline, curves, trials and log when open. */
export function RunPanel({ run, isExpected }: RunPanelProps) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const isOpen = useUi((state) => state.isRunPanelOpen)
  const hasRun = useLive((slice) => slice.run !== null)
  const [view, setView] = useState<View>('timeline')
  if (!hasRun) {
    return isExpected ? (
      <div className={classes.panel} aria-hidden>
        <div className={classes.header} />
      </div>
    ) : null
  }
  return (
    <section className={classes.panel} data-open={isOpen} aria-label={t('run.panel')} data-testid="run-panel">
      <RunAnnouncement />
      <header className={classes.header}>
        <UnstyledButton
          className={classes.summary}
          onClick={() => ui.getState().change({ isRunPanelOpen: !isOpen })}
          aria-expanded={isOpen}
        >
          <RunSummary />
        </UnstyledButton>
        {isOpen && (
          <SegmentedControl
            size="xs"
            className={classes.views ?? ''}
            value={view}
            onChange={(value) => setView(value as View)}
            data={[
              { value: 'timeline', label: t('run.timeline') },
              { value: 'curves', label: t('run.curves') },
              { value: 'log', label: t('run.log') },
            ]}
          />
        )}
        <ResumeButton run={run} />
        <ConnectionStatusBadge />
        <ActionIcon
          aria-label={t(isOpen ? 'run.fold' : 'run.unfold')}
          onClick={() => ui.getState().change({ isRunPanelOpen: !isOpen })}
        >
          {isOpen ? <IconChevronDown size={16} /> : <IconChevronUp size={16} />}
        </ActionIcon>
      </header>
      <RunVerdict />
      {isOpen && (
        <div className={classes.body}>
          {view === 'timeline' && <RunTimeline />}
          {view === 'curves' && <RunCurves />}
          {view === 'log' && <RunLog />}
        </div>
      )}
    </section>
  )
}

/** Goes on with a run that did not end well: what is done stays, everything else is tried again. */
function ResumeButton({ run }: { run: RunActions }) {
  const { t } = useTranslation('editor')
  const mayEdit = useMayEdit()
  const canGoOn = useLive(
    (slice) => slice.run !== null && !isActive(slice.run.state) && slice.run.state !== 'done',
  )
  if (!canGoOn || !mayEdit) return null
  return (
    <Button
      size="compact-sm"
      variant="light"
      leftSection={<IconPlayerTrackNext size={14} />}
      title={t('run.resumeHelp')}
      onClick={run.resume}
      data-testid="resume-button"
    >
      {t('run.resume')}
    </Button>
  )
}

function RunAnnouncement() {
  const { t } = useTranslation('editor')
  const number = useLive((slice) => slice.run?.number ?? 0)
  const state = useLive((slice) => slice.run?.state ?? 'queued')
  const text = useLive((slice) => slice.run?.message ?? '')
  const parts = useLive((slice) => slice.run?.messageParts)
  const said = t('common:run.ended', {
    run: t('run.number', { number }),
    state: t(`common:status.${state}`),
    message: storedText(text, parts),
  })
  return <EndAnnouncement isMoving={isActive(state)} text={said} />
}

function RunSummary() {
  const { t } = useTranslation('editor')
  const number = useLive((slice) => slice.run?.number ?? 0)
  const state = useLive((slice) => slice.run?.state ?? 'queued')
  const text = useLive((slice) => slice.run?.message ?? '')
  const parts = useLive((slice) => slice.run?.messageParts)
  const message = storedText(text, parts)
  const done = useLive(
    (slice) => Object.values(slice.run?.nodes ?? {}).filter((node) => node.state === 'done').length,
  )
  const all = useLive((slice) => slice.run?.order.length ?? 0)
  const share = all === 0 ? 0 : done / all
  return (
    <>
      <strong>{t('run.number', { number })}</strong>
      <StatusBadge status={state} />
      <span className={classes.soft}>{t('run.progress', { done, all })}</span>
      <Elapsed />
      {isActive(state) && (
        <span className={classes.track} aria-hidden>
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
      {message && <span className={classes.message}>{message}</span>}
    </>
  )
}
