import { Button } from '@mantine/core'
import { IconRefresh, IconSnowflake, IconSnowflakeOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import { formatAge } from '@/lib/format'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import type { GraphNode } from '../graph/types'
import { useEditor } from '../store/EditorContext'
import type { RunActions } from '../useActions'
import classes from './Inspector.module.css'

/** How old the result of a node is, with the ways to make it anew or to keep it. */
export function ResultLine({ node, run }: { node: GraphNode; run: RunActions }) {
  const { t } = useTranslation('editor')
  const mayEdit = useMayEdit()
  const perform = useEditor((state) => state.perform)
  const madeAt = useLive((slice) => {
    const ran = slice.run?.nodes[node.id]
    return ran?.state === 'done' && !ran.removedAt ? ran.finishedAt : null
  })
  const isRunning = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  if (!madeAt && !node.is_frozen) return null
  const Icon = node.is_frozen ? IconSnowflakeOff : IconSnowflake
  return (
    <p className={classes.result} data-testid="result-line">
      {madeAt && <span title={madeAt}>{t('result.age', { age: formatAge(madeAt) })}</span>}
      {mayEdit && (
        <span className={classes.resultActions}>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconRefresh size={13} />}
            disabled={isRunning}
            onClick={() => run.rerun(node.id)}
            data-testid="recompute"
          >
            {t('result.recompute')}
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<Icon size={13} />}
            title={t('freeze.help')}
            onClick={() => perform({ kind: 'freeze', nodes: [node.id], isFrozen: !node.is_frozen })}
            data-testid="freeze"
          >
            {t(node.is_frozen ? 'freeze.unfreeze' : 'freeze.freeze')}
          </Button>
        </span>
      )}
    </p>
  )
}
