import { useMediaQuery } from '@mantine/hooks'
import { MiniMap } from '@xyflow/react'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { lookOf } from '../status'
import { useEditor } from '../store/EditorContext'
import type { CanvasNode } from './types'

/** Blocks in the colour of their state; wires are left out. */
export function CanvasMap() {
  const { t } = useTranslation('editor')
  const isNarrow = useMediaQuery('(max-width: 900px)') ?? false
  const count = useEditor((state) => state.document.nodes.length)
  const problemsOf = useEditor((state) => state.check?.problemsOf)
  const run = useLive((slice) => slice.run)
  const colour = useCallback(
    (node: CanvasNode) => {
      if (node.type === 'note') return 'var(--line)'
      const look = lookOf({
        node: node.data.node,
        run: run?.nodes[node.id],
        isRunActive: run !== null && isActive(run.state),
        problems: problemsOf?.[node.id],
      })
      return look === 'ready' ? 'var(--line-strong)' : `var(--status-${look})`
    },
    [run, problemsOf],
  )
  if (isNarrow || count === 0) return null
  return (
    <MiniMap<CanvasNode>
      pannable
      zoomable
      ariaLabel={t('canvas.map')}
      nodeColor={colour}
      nodeStrokeWidth={0}
      nodeBorderRadius={12}
      bgColor="var(--surface-raised)"
      maskColor="color-mix(in srgb, var(--surface-sunken) 70%, transparent)"
      style={{
        width: 168,
        height: 112,
        border: '1px solid var(--line)',
        borderRadius: 8,
        overflow: 'hidden',
      }}
    />
  )
}
