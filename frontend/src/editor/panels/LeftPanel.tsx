import { Tabs } from '@mantine/core'
import { IconBinaryTree2, IconDatabase, IconPuzzle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { LeftTab } from '../store/createUiStore'
import { useUi, useUiStore } from '../store/UiContext'
import { DatasetsTab } from './DatasetsTab'
import { Outline } from './Outline'
import { Palette } from './Palette'
import classes from './SidePanel.module.css'

const TABS = [
  { value: 'nodes', Icon: IconPuzzle },
  { value: 'datasets', Icon: IconDatabase },
  { value: 'outline', Icon: IconBinaryTree2 },
] as const

export function LeftPanel() {
  const { t } = useTranslation('editor')
  const tab = useUi((ui) => ui.leftTab)
  const ui = useUiStore()
  return (
    <aside className={classes.panel} data-side="left" aria-label={t('left.label')} data-testid="left-panel">
      <Tabs
        value={tab}
        onChange={(value) => ui.getState().change({ leftTab: (value ?? 'nodes') as LeftTab })}
        classNames={{
          root: classes.tabs ?? '',
          list: classes.tabList ?? '',
          tab: classes.tab ?? '',
          panel: classes.tabPanel ?? '',
        }}
        keepMounted={false}
      >
        <Tabs.List grow>
          {TABS.map(({ value, Icon }) => (
            <Tabs.Tab key={value} value={value} leftSection={<Icon size={16} stroke={1.6} />}>
              {t(`left.${value}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="nodes">
          <Palette />
        </Tabs.Panel>
        <Tabs.Panel value="datasets">
          <DatasetsTab />
        </Tabs.Panel>
        <Tabs.Panel value="outline">
          <Outline />
        </Tabs.Panel>
      </Tabs>
    </aside>
  )
}
