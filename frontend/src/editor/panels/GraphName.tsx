import { VisuallyHidden } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRenameGraph } from '@/api/graphs'
import { useMayEdit } from '@/api/session'
import type { Graph } from '@/contracts'
import { errorMessage } from '@/lib/errorMessage'
import classes from './TopBar.module.css'

/** The graph's name, edited in place. */
export function GraphName({ graph }: { graph: Graph }) {
  const { t } = useTranslation('editor')
  const [typed, setTyped] = useState<string | null>(null)
  const rename = useRenameGraph()
  const mayEdit = useMayEdit()
  const finish = () => {
    const name = typed?.trim()
    setTyped(null)
    if (!name || name === graph.name) return
    rename.mutate(
      { id: graph.id, name },
      { onError: (error) => notifications.show({ color: 'red', message: errorMessage(error) }) },
    )
  }
  return (
    <>
      <VisuallyHidden component="h1">{graph.name}</VisuallyHidden>
      <input
        className={classes.name}
        aria-label={t('top.name')}
        value={typed ?? (rename.isPending ? rename.variables.name : graph.name)}
        size={Math.max(6, Math.min(36, (typed ?? graph.name).length))}
        maxLength={120}
        readOnly={!mayEdit}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur()
          if (event.key === 'Escape') setTyped(null)
        }}
        data-testid="graph-name"
      />
    </>
  )
}
