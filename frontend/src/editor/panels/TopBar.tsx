import { ActionIcon, Button, Tooltip } from '@mantine/core'
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconRocket,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import type { Graph } from '@/contracts'
import { useEditor } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import type { RunActions } from '../useActions'
import type { Actions } from '../useKeyboard'
import { GraphMenu } from './GraphMenu'
import { GraphName } from './GraphName'
import { ProblemsButton } from './ProblemsButton'
import { RunButton } from './RunButton'
import { StatePill } from './StatePill'
import classes from './TopBar.module.css'

interface TopBarProps {
  readonly graph: Graph
  readonly actions: Actions
  readonly run: RunActions
}

export function TopBar({ graph, actions, run }: TopBarProps) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const isLeftOpen = useUi((state) => state.isLeftOpen)
  const isInspectorOpen = useUi((state) => state.isInspectorOpen)
  const mayEdit = useMayEdit()
  return (
    <header className={classes.bar}>
      <Tooltip label={t('top.togglePanel')}>
        <ActionIcon
          aria-label={t('top.togglePanel')}
          aria-pressed={isLeftOpen}
          onClick={() => ui.getState().change({ isLeftOpen: !isLeftOpen })}
        >
          <IconLayoutSidebar size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <GraphName graph={graph} />
      <StatePill graph={graph} onSave={actions.save} />
      <UndoRedo actions={actions} />
      <GraphMenu actions={actions} />
      <span className={classes.space} />
      <ProblemsButton />
      <RunButton run={run} />
      <Button
        variant="default"
        className={classes.tight ?? ''}
        leftSection={<IconRocket size={16} stroke={1.6} />}
        aria-label={t('top.deploy')}
        onClick={() => ui.getState().change({ sheet: 'deploy' })}
        disabled={!mayEdit}
        data-testid="deploy-button"
      >
        <span className={classes.hideNarrow}>{t('top.deploy')}</span>
      </Button>
      <Tooltip label={t('top.toggleInspector')}>
        <ActionIcon
          aria-label={t('top.toggleInspector')}
          aria-pressed={isInspectorOpen}
          onClick={() => ui.getState().change({ isInspectorOpen: !isInspectorOpen })}
        >
          <IconLayoutSidebarRight size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </header>
  )
}

function UndoRedo({ actions }: { actions: Actions }) {
  const { t } = useTranslation('editor')
  const last = useEditor((state) => state.history.done.at(-1)?.command.kind)
  const next = useEditor((state) => state.history.undone.at(-1)?.command.kind)
  const undo = last ? t('top.undoWhat', { what: t(`command.${last}`) }) : t('top.undo')
  const redo = next ? t('top.redoWhat', { what: t(`command.${next}`) }) : t('top.redo')
  return (
    <span className={classes.group}>
      <Tooltip label={undo}>
        <ActionIcon aria-label={undo} disabled={!last} onClick={actions.undo} data-testid="undo-button">
          <IconArrowBackUp size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={redo}>
        <ActionIcon aria-label={redo} disabled={!next} onClick={actions.redo} data-testid="redo-button">
          <IconArrowForwardUp size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </span>
  )
}
