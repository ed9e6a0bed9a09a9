import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listed } from '@/lib/format'
import { storedText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import { findNode, titleOf, topological } from '../graph/read'
import type { GraphNode } from '../graph/types'
import { nodeAppearance } from '../nodeAppearance'
import { StatusIcon } from '../StatusIcon'
import { useEditor } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import { ConnectMenu } from './ConnectMenu'
import { moveFocus } from './moveFocus'
import classes from './SidePanel.module.css'

/** The graph as a list in the order of work: found by name, walked by arrows, connected with C. */
export function Outline() {
  const { t } = useTranslation('editor')
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const [query, setQuery] = useState('')
  const [connecting, setConnecting] = useState<string | null>(null)
  const nodes = useMemo(() => {
    const byId = new Map(document.nodes.map((node) => [node.id, node]))
    return topological(document).flatMap((id) => byId.get(id) ?? [])
  }, [document])
  const words = query.toLowerCase()
  const found = nodes.filter((node) =>
    `${titleOf(node, catalogue)} ${node.type}`.toLowerCase().includes(words),
  )
  return (
    <div style={{ display: 'contents' }} data-list>
      <div className={classes.search}>
        <TextInput
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'ArrowDown' && moveFocus(event, 1)}
          placeholder={t('outline.search')}
          aria-label={t('outline.search')}
          leftSection={<IconSearch size={16} />}
          data-outline-search
        />
      </div>
      <ol className={classes.scroll} aria-label={t('outline.label')} style={{ listStyle: 'none', margin: 0 }}>
        {found.map((node) => (
          <li key={node.id}>
            <OutlineItem node={node} onConnect={() => setConnecting(node.id)} />
            {connecting === node.id && <ConnectMenu source={node.id} onClose={() => setConnecting(null)} />}
          </li>
        ))}
        {found.length === 0 && <p className={classes.none}>{t(query ? 'outline.none' : 'outline.empty')}</p>}
      </ol>
      <p className={classes.actions}>
        <span className={classes.itemNote}>{t('outline.hint')}</span>
      </p>
    </div>
  )
}

function OutlineItem({ node, onConnect }: { node: GraphNode; onConnect: () => void }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const select = useEditor((state) => state.select)
  const isSelected = useEditor((state) => state.selection.nodes.has(node.id))
  const catalogue = useEditor((state) => state.catalogue)
  const problems = useEditor((state) => state.check?.problemsOf[node.id])
  const feeds = useEditor((state) =>
    listed(
      state.document.edges
        .filter((edge) => edge.target === node.id)
        .map((edge) => {
          const source = findNode(state.document, edge.source)
          return source ? titleOf(source, state.catalogue) : edge.source
        }),
    ),
  )
  const run = useLive((slice) => slice.run?.nodes[node.id])
  const isRunActive = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const appearance = nodeAppearance({ node, run, isRunActive, problems })
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'ArrowDown') moveFocus(event, 1)
    else if (event.key === 'ArrowUp') moveFocus(event, -1)
    else if (event.key.toLowerCase() === 'c' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      onConnect()
    }
  }
  return (
    <button
      type="button"
      className={classes.item}
      data-item
      data-selected={isSelected}
      data-testid={`outline-item-${node.id}`}
      aria-current={isSelected}
      onKeyDown={onKeyDown}
      onClick={() => {
        select([node.id])
        ui.getState().view.reveal(node.id)
      }}
    >
      <StatusIcon appearance={appearance} />
      <span className={classes.itemText}>
        <span className={classes.itemTitle}>{titleOf(node, catalogue)}</span>
        <span className={classes.itemNote}>
          {t(`common:status.${appearance}`)}
          {feeds && ` · ${t('outline.from', { nodes: feeds })}`}
          {run?.headline && ` · ${storedText(run.headline, run.headlineParts)}`}
        </span>
      </span>
    </button>
  )
}
