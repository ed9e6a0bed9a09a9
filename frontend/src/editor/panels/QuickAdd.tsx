import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { focusNode } from '../focusNode'
import { besideOf, followersFirst, nearestEdges } from '../graph/beside'
import { compatibleNodes, fittingPort, groupNodes, searchNodes } from '../graph/catalogue'
import { findNode, titleOf } from '../graph/read'
import { type GraphEdge, NODE_SIZE, type NodeDescription } from '../graph/types'
import { iconOf } from '../icons'
import type { QuickAddRequest } from '../store/createUiStore'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import { useAddNode } from '../useAddNode'
import classes from './QuickAdd.module.css'

const SIZE = { width: 336, height: 360 }

/** A search at the pointer: type, Enter, and the node lies there, connected when an edge was dropped. */
export function QuickAdd() {
  const request = useUi((ui) => ui.quickAdd)
  const isFixed = useEditor((state) => state.isFixed)
  if (!request || isFixed) return null
  return <QuickAddList key={`${request.screen.x},${request.screen.y}`} request={request} />
}

function QuickAddList({ request }: { request: QuickAddRequest }) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const addNode = useAddNode()
  const editor = useEditorStore()
  const catalogue = useEditor((state) => state.catalogue)
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const { end } = request
  // With Ctrl several are added one after the other: each follows the one before.
  const [after, setAfter] = useState(request.after)
  const before = useEditor((state) => findNode(state.document, after ?? ''))
  const found = useMemo(() => {
    const needs = end?.side === 'output' ? 'input' : 'output'
    const offered = end ? compatibleNodes(catalogue, { kind: end.kind, needs }) : catalogue.nodes
    const ordered = groupNodes(offered).flatMap((group) => group.nodes)
    const matching = searchNodes(ordered, query)
    return after && !query.trim()
      ? followersFirst(matching, editor.getState().document, catalogue, after)
      : matching
  }, [editor, catalogue, end, query, after])

  const close = () => ui.getState().change({ quickAdd: null })
  const choose = (node: NodeDescription | undefined, staysOpen: boolean) => {
    if (!node) return
    const { document } = editor.getState()
    const { view } = ui.getState()
    const shift = end?.side === 'input' ? -NODE_SIZE.width : 0
    const at = before
      ? besideOf(document, before.id, view.sizes)
      : { x: request.at.x + shift, y: request.at.y - 40 }
    const added = addNode(node.id, at, {}, (id) =>
      before
        ? nearestEdges(document, catalogue, before.id, { id, description: node })
        : edgesTo(id, node, request),
    )
    if (added === null) return
    view.keepInView(at)
    if (!staysOpen) {
      close()
      focusNode(added)
    } else if (before) setAfter(added)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }
    const step = steps[event.key]
    if (event.key === 'Escape') close()
    else if (event.key === 'Enter') choose(found[active], event.ctrlKey || event.metaKey)
    else if (step !== undefined) {
      event.preventDefault()
      setActive((active + step + found.length) % Math.max(1, found.length))
    }
  }
  const left = Math.max(8, Math.min(request.screen.x, window.innerWidth - SIZE.width - 8))
  const top = Math.max(8, Math.min(request.screen.y, window.innerHeight - SIZE.height - 8))
  return (
    <div className={classes.panel} style={{ left, top, width: SIZE.width }} data-testid="quick-add">
      <label className={classes.search}>
        <IconSearch size={16} aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: it opened to be typed into
          autoFocus
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value)
            setActive(0)
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
          placeholder={
            end
              ? t('quickAdd.fitting', { kind: t(`wire.${end.kind}`) })
              : before
                ? t('quickAdd.after', { title: titleOf(before, catalogue) })
                : t('quickAdd.placeholder')
          }
          aria-label={t('quickAdd.label')}
          role="combobox"
          aria-expanded
          aria-controls="quick-add-list"
          aria-activedescendant={found[active] ? `quick-add-${found[active].id}` : undefined}
        />
      </label>
      <div className={classes.list} id="quick-add-list" role="listbox" aria-label={t('quickAdd.label')}>
        {found.map((node, index) => (
          <QuickAddItem
            key={node.id}
            node={node}
            isActive={index === active}
            onChoose={(stays) => choose(node, stays)}
          />
        ))}
        {found.length === 0 && <p className={classes.none}>{t('quickAdd.none', { query })}</p>}
      </div>
      <p className={classes.hint}>{t('quickAdd.hint')}</p>
    </div>
  )
}

interface QuickAddItemProps {
  readonly node: NodeDescription
  readonly isActive: boolean
  readonly onChoose: (staysOpen: boolean) => void
}

function QuickAddItem({ node, isActive, onChoose }: QuickAddItemProps) {
  const Icon = iconOf(node)
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the search field keeps the focus and names the active one
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field takes the keys
    <div
      id={`quick-add-${node.id}`}
      role="option"
      aria-selected={isActive}
      className={classes.item}
      data-active={isActive}
      data-testid={`quick-add-${node.id}`}
      ref={(element) => {
        if (isActive) element?.scrollIntoView?.({ block: 'nearest' })
      }}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => onChoose(event.ctrlKey || event.metaKey)}
    >
      <Icon size={18} stroke={1.6} aria-hidden />
      <span className={classes.text}>
        <span className={classes.title}>{node.title}</span>
        <span className={classes.summary}>{node.summary}</span>
      </span>
    </div>
  )
}

function edgesTo(id: string, node: NodeDescription, { end }: QuickAddRequest): readonly GraphEdge[] {
  if (!end) return []
  const port = fittingPort(node, { kind: end.kind, needs: end.side === 'output' ? 'input' : 'output' })
  if (!port) return []
  return end.side === 'output'
    ? [{ source: end.node, source_port: end.port, target: id, target_port: port.name }]
    : [{ source: id, source_port: port.name, target: end.node, target_port: end.port }]
}
