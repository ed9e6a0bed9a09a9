import { Button, CloseButton } from '@mantine/core'
import { IconArrowBackUp, IconEye } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router'
import { useDatasets } from '@/api/datasets'
import { useMayEdit } from '@/api/session'
import type { Graph, GraphVersion } from '@/contracts'
import { ParamsList } from '@/form/ParamsList'
import { paramLines } from '@/form/paramLines'
import { formatMoment } from '@/lib/format'
import { Canvas } from './canvas/Canvas'
import { CanvasProvider } from './canvas/CanvasProvider'
import screen from './EditorScreen.module.css'
import { findNode } from './graph/read'
import type { GraphNode, NodeDescription } from './graph/types'
import side from './panels/SidePanel.module.css'
import classes from './SavedVersionScreen.module.css'
import { useEditor } from './store/EditorContext'
import { useUi } from './store/UiContext'
import { useChecks } from './useChecks'

const MOST_DATASETS = 200

interface SavedVersionScreenProps {
  readonly graph: Graph
  readonly version: GraphVersion
}

/** The canvas of a saved version, the parameters of its nodes, and the way to the draft. */
export function SavedVersionScreen({ graph, version }: SavedVersionScreenProps) {
  const node = useEditor((state) =>
    state.selection.nodes.size === 1
      ? findNode(state.document, [...state.selection.nodes][0] ?? '')
      : undefined,
  )
  const description = useEditor((state) => (node ? state.catalogue.find(node.type) : undefined))
  const isInspectorOpen = useUi((ui) => ui.isInspectorOpen)
  useChecks(graph.id)
  const isOpen = isInspectorOpen && node !== undefined && description !== undefined
  return (
    <CanvasProvider>
      <div className={screen.screen} data-left={false} data-right={isOpen} data-testid="saved-version">
        <VersionBar graph={graph} version={version} />
        <div className={screen.middle}>
          <div className={screen.canvas}>
            <Canvas />
          </div>
        </div>
        {isOpen ? <NodePanel key={node.id} node={node} description={description} /> : null}
      </div>
    </CanvasProvider>
  )
}

function VersionBar({ graph, version }: SavedVersionScreenProps) {
  const { t } = useTranslation('editor')
  const navigate = useNavigate()
  const mayEdit = useMayEdit()
  const bringBack = () => navigate(`/graphs/${graph.id}`, { state: { bringBack: version.number } })
  const called = t('version.number', { number: version.number })
  return (
    <header className={classes.bar}>
      <IconEye size={18} stroke={1.6} aria-hidden className={classes.icon} />
      <div className={classes.titles}>
        <h1 className={classes.name}>{graph.name}</h1>
        <p className={classes.note}>
          {[
            version.name ? `${called} “${version.name}”` : called,
            formatMoment(version.created_at),
            version.created_by,
            t('version.onlyLooking'),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      {mayEdit ? (
        <Button variant="default" leftSection={<IconArrowBackUp size={16} />} onClick={bringBack}>
          {t('version.restore')}
        </Button>
      ) : null}
      <Button component={Link} to={`/graphs/${graph.id}`}>
        {t('version.toDraft')}
      </Button>
    </header>
  )
}

function NodePanel({ node, description }: { node: GraphNode; description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const select = useEditor((state) => state.select)
  const { data } = useDatasets(1, MOST_DATASETS)
  const names = Object.fromEntries((data?.results ?? []).map(({ id, name }) => [id, name]))
  const lines = paramLines(node.params, description, names)
  return (
    <aside className={side.panel} data-side="right" aria-label={t('inspector.label')} data-testid="inspector">
      <div className={classes.node}>
        <div className={classes.titles}>
          <h2 className={classes.name}>{node.title || description.title}</h2>
          <p className={classes.note}>{node.title ? description.title : description.id}</p>
        </div>
        <CloseButton aria-label={t('dialog.close')} onClick={() => select([])} />
      </div>
      <div className={classes.fields}>
        {lines.length > 0 ? (
          <ParamsList lines={lines} />
        ) : (
          <p className={classes.note}>{t('form.noParams')}</p>
        )}
      </div>
    </aside>
  )
}
