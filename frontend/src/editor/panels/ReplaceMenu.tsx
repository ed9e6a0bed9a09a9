import { ActionIcon, Menu } from '@mantine/core'
import { IconReplace } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { GraphNode, NodeDescription } from '../graph/types'
import { iconOf } from '../icons'
import { useEditor } from '../store/EditorContext'

/** Another node of the same group in this one's place; edges and parameters that fit stay. */
export function ReplaceMenu({ node, description }: { node: GraphNode; description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const catalogue = useEditor((state) => state.catalogue)
  const perform = useEditor((state) => state.perform)
  const others = catalogue.nodes.filter(
    (other) => other.group === description.group && other.id !== description.id,
  )
  if (others.length === 0) return null
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon aria-label={t('inspector.replace')} title={t('inspector.replace')}>
          <IconReplace size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('inspector.replace')}</Menu.Label>
        {others.map((other) => {
          const Icon = iconOf(other)
          return (
            <Menu.Item
              key={other.id}
              leftSection={<Icon size={16} stroke={1.6} />}
              onClick={() => perform({ kind: 'replace', node: node.id, description: other })}
            >
              {other.title}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
