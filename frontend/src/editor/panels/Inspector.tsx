import { ActionIcon, Tabs } from '@mantine/core'
import { IconTargetArrow } from '@tabler/icons-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useLive } from '@/live/RunContext'
import { OpenLarge } from '@/ui'
import { findNode } from '../graph/read'
import type { GraphNode, NodeDescription } from '../graph/types'
import { iconOf } from '../icons'
import type { InspectorTab } from '../store/createUiStore'
import { useEditor } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import type { RunActions } from '../useActions'
import { ChartTab } from './ChartTab'
import { DataTab } from './DataTab'
import { GraphOverview } from './GraphOverview'
import { HelpTab } from './HelpTab'
import classes from './Inspector.module.css'
import { InspectorHandle } from './InspectorHandle'
import { firstTab, inspectorTabs } from './inspectorTabs'
import { LogTab } from './LogTab'
import { MetricsTab } from './MetricsTab'
import { ModelTab } from './ModelTab'
import { NodeError } from './NodeError'
import { ParametersTab } from './ParametersTab'
import { ReplaceMenu } from './ReplaceMenu'
import { ResultLine } from './ResultLine'
import { ResultRemoved } from './ResultRemoved'
import { SelectionActions } from './SelectionActions'
import side from './SidePanel.module.css'
import { TrialsTab } from './TrialsTab'

/** The selected node from the inside: what it is set to, and what it gave. */
export function Inspector({ run }: { run: RunActions }) {
  const { t } = useTranslation('editor')
  const id = useEditor((state) =>
    state.selection.nodes.size === 1 ? ([...state.selection.nodes][0] ?? '') : '',
  )
  const count = useEditor((state) => state.selection.nodes.size)
  const node = useEditor((state) => findNode(state.document, id))
  const description = useEditor((state) => (node ? state.catalogue.find(node.type) : undefined))
  return (
    <aside className={side.panel} data-side="right" aria-label={t('inspector.label')} data-testid="inspector">
      <InspectorHandle />
      {node && description ? (
        <NodeInspector key={node.id} node={node} description={description} run={run} />
      ) : (
        <NothingChosen count={count} unknown={node?.type ?? ''} />
      )}
    </aside>
  )
}

function NothingChosen({ count, unknown }: { count: number; unknown: string }) {
  const { t } = useTranslation('editor')
  if (unknown) return <p className={classes.empty}>{t('canvas.unknownNode', { type: unknown })}</p>
  return count > 1 ? <SelectionActions count={count} /> : <GraphOverview />
}

/** Tabs that are opened large as a whole; each chart has a button of its own. */
const OPENS_LARGE: ReadonlySet<InspectorTab> = new Set(['data', 'metrics', 'trials', 'model', 'log'])

interface NodeInspectorProps {
  readonly node: GraphNode
  readonly description: NodeDescription
  readonly run: RunActions
}

function NodeInspector({ node, description, run }: NodeInspectorProps) {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const wanted = useUi((state) => state.inspectorTab)
  const ran = useLive((slice) => slice.run?.nodes[node.id])
  const tabs = inspectorTabs(description, ran)
  const hasProblems = useEditor((state) => (state.check?.problemsOf[node.id]?.length ?? 0) > 0)
  const tab = wanted && tabs.includes(wanted) ? wanted : firstTab(description, ran, hasProblems)
  // Parameters that were looked at in one node are no wish to see those of the next.
  useEffect(
    () => () => {
      if (ui.getState().inspectorTab === 'parameters') ui.getState().change({ inspectorTab: null })
    },
    [ui],
  )
  const Icon = iconOf(description)
  return (
    <>
      <header className={classes.header}>
        <span className={side.itemIcon}>
          <Icon size={17} stroke={1.6} aria-hidden />
        </span>
        <span className={classes.heading}>
          <h2>{node.title || description.title}</h2>
          {node.title && <span className={classes.sub}>{description.title}</span>}
        </span>
        <ReplaceMenu node={node} description={description} />
        <ActionIcon aria-label={t('run.toThis')} title={t('run.toThis')} onClick={() => run.runTo(node.id)}>
          <IconTargetArrow size={18} stroke={1.6} />
        </ActionIcon>
      </header>
      <ResultLine node={node} run={run} />
      <NodeError node={node.id} />
      <ResultRemoved node={node.id} run={run} />
      <Tabs
        value={tab}
        onChange={(value) => ui.getState().change({ inspectorTab: (value ?? 'parameters') as InspectorTab })}
        classNames={{
          root: side.tabs ?? '',
          list: classes.tabList ?? '',
          tab: classes.tab ?? '',
          panel: classes.body ?? '',
        }}
        keepMounted={false}
      >
        <Tabs.List>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`tab-${name}`}>
              {t(`inspector.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} data-inspector-body>
          {OPENS_LARGE.has(tab) && ran && (
            <div className={classes.large}>
              <OpenLarge title={`${node.title || description.title} · ${t(`inspector.${tab}`)}`}>
                {() => <TabBody tab={tab} node={node} description={description} run={run} />}
              </OpenLarge>
            </div>
          )}
          <TabBody tab={tab} node={node} description={description} run={run} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function TabBody({
  tab,
  node,
  description,
  run,
}: {
  tab: InspectorTab
  node: GraphNode
  description: NodeDescription
  run: RunActions
}) {
  switch (tab) {
    case 'parameters':
      return <ParametersTab node={node} description={description} />
    case 'data':
      return <DataTab node={node} description={description} />
    case 'chart':
      return <ChartTab node={node.id} description={description} />
    case 'metrics':
      return <MetricsTab node={node.id} description={description} run={run} />
    case 'trials':
      return <TrialsTab node={node.id} description={description} />
    case 'model':
      return <ModelTab node={node.id} description={description} run={run} />
    case 'log':
      return <LogTab node={node.id} />
    case 'help':
      return <HelpTab description={description} />
  }
}
