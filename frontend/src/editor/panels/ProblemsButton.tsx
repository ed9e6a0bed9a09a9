import { Button, VisuallyHidden } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconExclamationCircle,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useEditor } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './TopBar.module.css'

export function ProblemsButton() {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const isOpen = useUi((state) => state.sheet === 'problems')
  const count = useEditor((state) => state.check?.problems.length ?? 0)
  const hasErrors = useEditor(
    (state) => state.check?.problems.some((problem) => problem.severity === 'error') ?? false,
  )
  const isChecked = useEditor((state) => state.check !== null)
  const text = isChecked ? t('problems.count', { count }) : t('problems.checking')
  const Icon = !isChecked
    ? IconCircleDashed
    : hasErrors
      ? IconExclamationCircle
      : count > 0
        ? IconAlertTriangle
        : IconCircleCheck
  const colour = !isChecked
    ? 'var(--ink-faint)'
    : hasErrors
      ? 'var(--status-failed)'
      : count > 0
        ? 'var(--status-warning)'
        : 'var(--status-done)'
  return (
    <Button
      variant="subtle"
      color="gray"
      leftSection={<Icon size={16} style={{ color: colour }} />}
      onClick={() => ui.getState().change({ sheet: isOpen ? null : 'problems' })}
      aria-expanded={isOpen}
      className={classes.tight ?? ''}
      data-testid="problems-button"
      px="xs"
    >
      <span className={classes.hideNarrow}>{text}</span>
      <span className={classes.onlyNarrow}>
        {isChecked ? count : '…'}
        <VisuallyHidden> {text}</VisuallyHidden>
      </span>
    </Button>
  )
}
