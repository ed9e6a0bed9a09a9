import { Button, Loader, Modal } from '@mantine/core'
import { IconCircleCheck, IconCircleDashed, IconPlus, IconSnowflake } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeploy, useEndpointOf } from '@/api/endpoints'
import type { Graph } from '@/contracts'
import { messageText } from '@/lib/messages'
import { lastVerdict, warningsIn } from '@/lib/verdict'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { ErrorNotice, Reasons } from '@/ui'
import { judgementIn } from '../graph/nextSteps'
import { reachable, titleOf } from '../graph/read'
import type { GraphNode } from '../graph/types'
import { planAt } from '../store/check'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import type { RunActions } from '../useActions'
import { useAddInView } from '../useAddNode'
import classes from './Dialogs.module.css'
import { LiveReleaseQuestion } from './LiveReleaseQuestion'
import { NextSteps } from './NextSteps'

interface DeployDialogProps {
  readonly graph: Graph
  readonly flush: () => Promise<boolean>
  readonly run: RunActions
}

/** Deploys at once when all is ready; otherwise says what is missing and offers it. */
export function DeployDialog(props: DeployDialogProps) {
  const isOpen = useUi((state) => state.sheet === 'deploy')
  return isOpen ? <OpenDeployDialog {...props} /> : null
}

function OpenDeployDialog({ graph, flush, run }: DeployDialogProps) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const navigate = useNavigate()
  const deploy = useDeploy(graph.id)
  const steps = useReadiness()
  const [isAccepted, setAccepted] = useState(false)
  const frozen = useFrozen()
  const isReady = steps.every((step) => step.isDone) && (frozen === 0 || isAccepted)
  const [isAnswered, setAnswered] = useState(false)
  const percent = useRef<number | null>(null)
  const node = useEditor(({ document }) => document.nodes.find(isDeploy)?.id)
  const endpoint = useEndpointOf(graph.id, node)
  const verdict = useNewVerdict(node)
  const live = endpoint.data?.release
  const mayGo = isReady && endpoint.isSuccess && (!live || isAnswered)
  const wasAsked = useRef(false)
  const { mutateAsync } = deploy
  const close = useCallback(() => ui.getState().change({ sheet: null }), [ui])

  const go = useCallback(
    async (acknowledged: string[]) => {
      if (!(await flush())) return close()
      const deployed = await mutateAsync({ acknowledged, canary_percent: percent.current })
      close()
      const { key, notice, notice_parts } = deployed
      const beside = percent.current === null ? '' : t('deploy.answersShare', { percent: percent.current })
      await navigate(`/endpoints/${deployed.endpoint.slug}`, {
        state: beside ? { key, notice: beside } : { key, notice, notice_parts },
      })
    },
    [flush, mutateAsync, navigate, close, t],
  )

  useEffect(() => {
    if (!mayGo || wasAsked.current) return
    wasAsked.current = true
    // A refusal is on show below: the mutation keeps it.
    go([]).catch(() => undefined)
  }, [mayGo, go])

  return (
    <Modal opened onClose={close} title={t('deploy.title')}>
      {isReady ? (
        endpoint.error ? (
          <ErrorNotice error={endpoint.error} />
        ) : endpoint.data && live && !isAnswered ? (
          <LiveReleaseQuestion
            endpoint={endpoint.data}
            live={live}
            verdict={verdict}
            onAnswer={(share) => {
              percent.current = share
              setAnswered(true)
            }}
          />
        ) : deploy.error ? (
          <Refusal
            error={deploy.error}
            run={run}
            onClose={close}
            onAccept={(codes) => void go(codes).catch(() => undefined)}
          />
        ) : (
          <p className={classes.step} aria-live="polite">
            <Loader size="sm" /> {t('deploy.working')}
          </p>
        )
      ) : (
        <>
          {frozen > 0 && <FrozenBanner count={frozen} />}
          {steps.every((step) => step.isDone) ? (
            <Button onClick={() => setAccepted(true)} data-testid="deploy-frozen">
              {t('freeze.deployAnyway')}
            </Button>
          ) : (
            <p className={classes.text}>{t('deploy.missing')}</p>
          )}
          <ul className={classes.steps}>
            {steps.map((step) => (
              <li key={step.name} className={classes.step}>
                <StepIcon isDone={step.isDone} />
                <span className={classes.grow}>{t(`deploy.${step.name}${step.isDone ? 'Done' : ''}`)}</span>
                {step.isNext && <StepAction name={step.name} run={run} onDone={close} />}
              </li>
            ))}
          </ul>
          <LastError />
        </>
      )}
      <div className={classes.row}>
        <Button variant="default" onClick={close}>
          {t(live && !isAnswered ? 'dialog.cancel' : 'dialog.close')}
        </Button>
      </div>
    </Modal>
  )
}

/** The verdict on what is to be deployed: of the last judged node on the way to the Deploy node. */
function useNewVerdict(node: string | undefined) {
  const document = useEditor((state) => state.document)
  const run = useLive((slice) => slice.run)
  return useMemo(() => {
    if (!node || !run) return null
    const needed = reachable(document, [node], 'upstream')
    const order = run.order.filter((id) => needed.has(id))
    return lastVerdict(order, run.nodes)?.verdict ?? null
  }, [document, run, node])
}

interface RefusalProps {
  readonly error: Error
  readonly run: RunActions
  readonly onClose: () => void
  readonly onAccept: (codes: string[]) => void
}

/** Why nothing was deployed; what the verdict warns of can be deployed all the same. */
function Refusal({ error, run, onClose, onAccept }: RefusalProps) {
  const { t } = useTranslation()
  const warnings = useMemo(() => warningsIn(error), [error])
  const judgement = useMemo(() => judgementIn(warnings), [warnings])
  const deploys = useEditor(({ document }) => document.nodes.find(isDeploy)?.id)
  if (warnings.length === 0) return <ErrorNotice error={error} />
  return (
    <div role="alert" className={classes.warnings} data-testid="deploy-warnings">
      <p className={classes.text}>{t('verdict.thinkTwice')}</p>
      <Reasons reasons={warnings} />
      <NextSteps verdict={judgement} node={deploys ?? ''} run={run} onTaken={onClose} />
      <div className={classes.row}>
        <Button
          color="red"
          onClick={() => onAccept(warnings.map(({ code }) => code))}
          data-testid="deploy-anyway"
        >
          {t('verdict.deployAnyway')}
        </Button>
      </div>
    </div>
  )
}

/** Why the last run did not get there: running it again as it is would be refused for the same reason. */
function LastError() {
  const { t } = useTranslation('editor')
  const catalogue = useEditor((state) => state.catalogue)
  const nodes = useEditor((state) => state.document.nodes)
  const failed = useLive((slice) => {
    if (!slice.run || isActive(slice.run.state)) return undefined
    const ran = slice.run.nodes
    return nodes.find(({ id }) => ran[id]?.state === 'failed' && ran[id]?.error)?.id
  })
  const error = useLive((slice) => (failed ? slice.run?.nodes[failed]?.error : undefined))
  const node = nodes.find(({ id }) => id === failed)
  if (!node || !error) return null
  const title = titleOf(node, catalogue)
  return <ErrorNotice error={new Error(t('deploy.lastFault', { title, message: messageText(error) }))} />
}

function isDeploy(node: GraphNode): boolean {
  return node.type === 'publish.deploy' && !node.is_disabled
}

function useFrozen(): number {
  return useEditor(
    (state) => state.document.nodes.filter((node) => node.is_frozen && !node.is_disabled).length,
  )
}

/** Frozen nodes are easily forgotten: nothing is published before they were named. */
function FrozenBanner({ count }: { count: number }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const unfreeze = () => {
    const { document, perform } = editor.getState()
    const nodes = document.nodes.filter((node) => node.is_frozen).map((node) => node.id)
    perform({ kind: 'freeze', nodes, isFrozen: false })
  }
  return (
    <div className={classes.frozen} role="alert" data-testid="frozen-banner">
      <IconSnowflake size={18} aria-hidden />
      <span className={classes.grow}>{t('freeze.banner', { count })}</span>
      <Button size="compact-sm" variant="light" onClick={unfreeze}>
        {t('freeze.unfreezeAll')}
      </Button>
    </div>
  )
}

function StepIcon({ isDone }: { isDone: boolean }) {
  const Icon = isDone ? IconCircleCheck : IconCircleDashed
  return (
    <Icon
      size={18}
      aria-hidden
      style={{ color: isDone ? 'var(--status-done)' : 'var(--ink-faint)', flex: 'none' }}
    />
  )
}

type StepName = 'node' | 'valid' | 'run'

interface Step {
  readonly name: StepName
  readonly isDone: boolean
  readonly isNext: boolean
}

/** The three things a deployment needs, in order: a Deploy node, no faults, and a finished run of this very graph. */
function useReadiness(): readonly Step[] {
  const hasNode = useEditor((state) => state.document.nodes.some(isDeploy))
  const isValid = useEditor(
    (state) => state.check?.problems.every((problem) => problem.severity !== 'error') ?? false,
  )
  const runGeneration = useLive((slice) => slice.runGeneration)
  const isRun = useEditor(({ document, check }) => {
    const plan = planAt(check, runGeneration)
    const deploys = document.nodes.filter(isDeploy)
    const needed = reachable(
      document,
      deploys.map((node) => node.id),
      'upstream',
    )
    return plan !== null && [...needed].every((id) => plan.planOf[id]?.is_cached)
  })
  const states: readonly (readonly [StepName, boolean])[] = [
    ['node', hasNode],
    ['valid', isValid],
    ['run', hasNode && isValid && isRun],
  ]
  const next = states.findIndex(([, isDone]) => !isDone)
  return states.map(([name, isDone], index) => ({ name, isDone, isNext: index === next }))
}

function StepAction({ name, run, onDone }: { name: StepName; run: RunActions; onDone: () => void }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const addNode = useAddInView()
  const isRunning = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const acts: Readonly<Record<StepName, () => void>> = {
    node: () => {
      addNode('publish.deploy')
      onDone()
    },
    valid: () => ui.getState().change({ sheet: 'problems' }),
    run: run.runAll,
  }
  return (
    <Button
      size="compact-sm"
      variant="light"
      loading={name === 'run' && isRunning}
      leftSection={name === 'node' ? <IconPlus size={14} /> : null}
      onClick={acts[name]}
      data-testid={`deploy-${name}`}
    >
      {t(`deploy.${name}Action`)}
    </Button>
  )
}
