import { Button, Menu } from '@mantine/core'
import {
  IconArrowRightBar,
  IconChevronDown,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTargetArrow,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import { formatBytes, formatDuration } from '@/lib/format'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { findNode, titleOf } from '../graph/read'
import { planAt } from '../store/check'
import { useEditor } from '../store/EditorContext'
import type { RunActions } from '../useActions'
import { neededMemory } from './neededMemory'
import classes from './TopBar.module.css'

/** Says what it will do before it does it; while it does, it is the way to stop. */
export function RunButton({ run }: { run: RunActions }) {
  const { t } = useTranslation('editor')
  const mayEdit = useMayEdit()
  const runGeneration = useLive((slice) => slice.runGeneration)
  const plan = useEditor((state) => planAt(state.check, runGeneration)?.plan)
  const hasNodes = useEditor((state) => state.document.nodes.length > 0)
  const selected = useEditor((state) => {
    const id = state.selection.nodes.size === 1 ? [...state.selection.nodes][0] : undefined
    const node = id ? findNode(state.document, id) : undefined
    return node ? `${node.id}\n${titleOf(node, state.catalogue)}` : ''
  })
  const isRunning = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  if (isRunning) {
    return (
      <Button
        variant="light"
        color="red"
        leftSection={<IconPlayerStop size={16} />}
        onClick={run.stop}
        data-testid="stop-button"
      >
        {t('run.stop')}
      </Button>
    )
  }
  const [id = '', title = ''] = selected.split('\n')
  const fresh = plan?.nodes.filter((node) => !node.is_cached).length ?? 0
  const label =
    plan && plan.nodes.length > 0
      ? fresh === 0
        ? t('run.allCached')
        : t(plan.seconds < 0.05 ? 'run.quick' : 'run.planned', {
            count: fresh,
            time: formatDuration(plan.seconds),
          })
      : t('run.run')
  const memory = fresh > 0 && plan?.memory_bytes ? formatBytes(plan.memory_bytes) : ''
  const gpuMemory = fresh > 0 && plan?.gpu_bytes ? formatBytes(plan.gpu_bytes) : ''
  const needed = neededMemory(t, plan)
  const hint = [
    label,
    memory && t('run.memory', { memory }),
    gpuMemory && t('run.gpuMemory', { memory: gpuMemory }),
  ]
    .filter(Boolean)
    .join(' · ')
  return (
    <span className={classes.runGroup}>
      <Button
        className={`${classes.runMain} ${classes.tight}`}
        aria-label={hint}
        leftSection={<IconPlayerPlay size={16} />}
        onClick={run.runAll}
        disabled={!hasNodes || !mayEdit}
        title={hint}
        data-testid="run-button"
      >
        <span className={classes.hideNarrow}>{label}</span>
        {needed.map((size) => (
          <span key={size} className={classes.needed}>
            {size}
          </span>
        ))}
      </Button>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button
            className={classes.runMore ?? ''}
            aria-label={t('run.more')}
            disabled={!hasNodes || !mayEdit}
            data-testid="run-menu"
          >
            <IconChevronDown size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={run.runAll}>
            {t('run.all')}
          </Menu.Item>
          <Menu.Item leftSection={<IconTargetArrow size={16} />} disabled={!id} onClick={() => run.runTo(id)}>
            {id ? t('run.toHere', { title }) : t('run.toHereHint')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowRightBar size={16} />}
            disabled={!id}
            onClick={() => run.runFrom(id)}
            data-testid="run-from"
          >
            {id ? t('run.fromHere', { title }) : t('run.fromHereHint')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconRefresh size={16} />}
            disabled={!id}
            onClick={() => run.rerun(id)}
            data-testid="run-again"
          >
            {id ? t('run.again', { title }) : t('run.againHint')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </span>
  )
}
