import { TextInput, Tooltip } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NODE_MIME } from '../dragTypes'
import { groupNodes, searchNodes } from '../graph/catalogue'
import type { NodeDescription } from '../graph/types'
import { iconOf } from '../icons'
import { useEditor } from '../store/EditorContext'
import { useAddInView } from '../useAddNode'
import { moveFocus } from './moveFocus'
import classes from './SidePanel.module.css'

/** Every kind of node, to be dragged, clicked or chosen by keyboard; the search is always in view. */
export function Palette() {
  const { t } = useTranslation('editor')
  const catalogue = useEditor((state) => state.catalogue)
  const [query, setQuery] = useState('')
  const found = useMemo(() => searchNodes(catalogue.nodes, query), [catalogue, query])
  const groups = query.trim() ? [{ name: '', title: '', nodes: found }] : groupNodes(found)
  const add = useAddInView()
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go on from the search into the list
    <div style={{ display: 'contents' }} onKeyDown={onArrows} data-list>
      <div className={classes.search}>
        <TextInput
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && found[0]) add(found[0].id)
            if (event.key === 'Escape') setQuery('')
          }}
          placeholder={t('palette.search')}
          aria-label={t('palette.search')}
          leftSection={<IconSearch size={16} />}
          data-testid="palette-search"
        />
      </div>
      <div className={classes.scroll}>
        {groups.map((group) => (
          <section key={group.name} aria-label={group.title}>
            {group.title && <h2 className={classes.groupTitle}>{group.title}</h2>}
            {group.nodes.map((node) => (
              <PaletteItem key={node.id} node={node} onAdd={add} />
            ))}
          </section>
        ))}
        {found.length === 0 && <p className={classes.none}>{t('quickAdd.none', { query })}</p>}
      </div>
    </div>
  )
}

function onArrows(event: KeyboardEvent<HTMLElement>) {
  if (event.key === 'ArrowDown') moveFocus(event, 1)
  if (event.key === 'ArrowUp') moveFocus(event, -1)
}

function PaletteItem({ node, onAdd }: { node: NodeDescription; onAdd: (type: string) => void }) {
  const { t } = useTranslation('editor')
  const isFixed = useEditor((state) => state.isFixed)
  const Icon = iconOf(node)
  const help = node.serve === 'none' ? node.summary : `${node.summary}\n\n${t(`serve.${node.serve}`)}`
  return (
    <Tooltip
      label={help}
      position="right"
      multiline
      w={260}
      openDelay={600}
      style={{ whiteSpace: 'pre-line' }}
    >
      <button
        type="button"
        className={classes.item}
        draggable={!isFixed}
        aria-disabled={isFixed}
        data-item
        data-testid={`palette-item-${node.id}`}
        onDragStart={(event) => {
          event.dataTransfer.setData(NODE_MIME, node.id)
          event.dataTransfer.effectAllowed = 'copyMove'
        }}
        onClick={() => onAdd(node.id)}
      >
        <span className={classes.itemIcon}>
          <Icon size={17} stroke={1.6} aria-hidden />
        </span>
        <span className={classes.itemText}>
          <span className={classes.itemTitle} title={node.title}>
            {node.title}
          </span>
        </span>
        {node.serve !== 'none' && <span className={classes.serve}>{t(`serveWord.${node.serve}`)}</span>}
      </button>
    </Tooltip>
  )
}
