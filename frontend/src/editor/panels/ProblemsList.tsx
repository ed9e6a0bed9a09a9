import { ActionIcon, Button } from '@mantine/core'
import { IconAlertTriangle, IconExclamationCircle, IconWand, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { messageText } from '@/lib/messages'
import { findNode, titleOf } from '../graph/read'
import { applyQuickFix, quickFixLabel } from '../quickFix'
import type { Fix, Problem } from '../store/check'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './ProblemsList.module.css'

const NONE: readonly Problem[] = []
/** What keeps a graph from running comes first. */
const SEVERITIES = ['error', 'warning'] as const
type Severity = (typeof SEVERITIES)[number]

/** All problems of the graph; each leads to its node, and some are fixed with one click. */
export function ProblemsList() {
  const { t } = useTranslation('editor')
  const isOpen = useUi((state) => state.sheet === 'problems')
  const problems = useEditor((state) => state.check?.problems ?? NONE)
  const ui = useUiStore()
  if (!isOpen) return null
  return (
    <section className={classes.list} aria-label={t('problems.title')} data-testid="problems-list">
      <header className={classes.header}>
        <h2>{t('problems.title')}</h2>
        <ActionIcon aria-label={t('dialog.close')} onClick={() => ui.getState().change({ sheet: null })}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {problems.length === 0 && <p className={classes.none}>{t('problems.none')}</p>}
      <div className={classes.groups}>
        {SEVERITIES.map((severity) => (
          <ProblemGroup
            key={severity}
            severity={severity}
            problems={problems.filter((problem) => problem.severity === severity)}
          />
        ))}
      </div>
    </section>
  )
}

/** The problems that weigh the same, under their number. */
function ProblemGroup({ severity, problems }: { severity: Severity; problems: readonly Problem[] }) {
  const { t } = useTranslation('editor')
  if (problems.length === 0) return null
  return (
    <section>
      <h3 className={classes.groupTitle}>{t(`problems.${severity}`, { count: problems.length })}</h3>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.at} ${problem.message}`}>
            <ProblemItem problem={problem} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function ProblemItem({ problem }: { problem: Problem }) {
  const ui = useUiStore()
  const title = useEditor((state) => {
    const node = findNode(state.document, problem.node)
    return node ? titleOf(node, state.catalogue) : ''
  })
  const select = useEditor((state) => state.select)
  const jump = () => {
    if (!problem.node) return
    select([problem.node])
    ui.getState().change({ inspectorTab: 'parameters', isInspectorOpen: true })
    ui.getState().view.reveal(problem.node)
  }
  const isError = problem.severity === 'error'
  const Icon = isError ? IconExclamationCircle : IconAlertTriangle
  return (
    <div className={classes.item}>
      <button type="button" className={classes.jump} onClick={jump}>
        <Icon size={16} aria-hidden className={classes.icon} data-severity={problem.severity} />
        <span>
          {title && <strong>{title}</strong>}
          <span className={classes.message}>{messageText(problem)}</span>
        </span>
      </button>
      <FixButtons problem={problem} />
    </div>
  )
}

/** A button for each way out of a problem. */
export function FixButtons({ problem }: { problem: Problem }) {
  return [problem.fix, ...problem.more_fixes].map((fix) =>
    fix ? (
      <FixButton key={`${fix.kind} ${fix.type} ${JSON.stringify(fix.params)}`} problem={problem} fix={fix} />
    ) : null,
  )
}

function FixButton({ problem, fix }: { problem: Problem; fix: Fix }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const description = useEditor((state) => state.catalogue.find(fix.type))
  if (!description) return null
  return (
    <Button
      size="compact-xs"
      variant="light"
      leftSection={<IconWand size={14} />}
      onClick={() => applyQuickFix(editor, fix.node ?? problem.node, description, fix)}
    >
      {quickFixLabel(t, fix, description.title)}
    </Button>
  )
}
