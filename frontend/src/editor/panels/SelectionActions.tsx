import { ActionIcon, Button, Group, Tooltip } from '@mantine/core'
import {
  IconCopy,
  IconLayoutAlignLeft,
  IconLayoutAlignTop,
  IconLayoutDistributeHorizontal,
  IconLayoutDistributeVertical,
  IconPower,
  IconSnowflake,
  IconTrash,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { duplicateSelection, removeSelection, toggleDisabled, toggleFrozen } from '../actions'
import { type Alignment, alignPositions } from '../graph/align'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import classes from './GraphOverview.module.css'

const ALIGNMENTS = [
  { how: 'left', Icon: IconLayoutAlignLeft },
  { how: 'top', Icon: IconLayoutAlignTop },
  { how: 'across', Icon: IconLayoutDistributeVertical },
  { how: 'down', Icon: IconLayoutDistributeHorizontal },
] as const

/** What can be done to several nodes at once. */
export function SelectionActions({ count }: { count: number }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  const isFixed = useEditor((state) => state.isFixed)
  const align = (how: Alignment) => {
    const { document, selection, perform } = editor.getState()
    const nodes = document.nodes.filter((node) => selection.nodes.has(node.id))
    perform({ kind: 'arrange', positions: alignPositions(nodes, how, ui.getState().view.sizes) })
  }
  const deeds = [
    { key: 'duplicate', Icon: IconCopy, act: () => duplicateSelection(editor) },
    { key: 'disable', Icon: IconPower, act: () => toggleDisabled(editor) },
    { key: 'freeze', Icon: IconSnowflake, act: () => toggleFrozen(editor) },
    { key: 'remove', Icon: IconTrash, act: () => removeSelection(editor, true) },
  ] as const
  if (isFixed) {
    return (
      <div className={classes.overview}>
        <h2>{t('inspector.many', { count })}</h2>
      </div>
    )
  }
  return (
    <div className={classes.overview}>
      <h2>{t('inspector.many', { count })}</h2>
      <h3>{t('selection.align')}</h3>
      <Group gap={4}>
        {ALIGNMENTS.map(({ how, Icon }) => (
          <Tooltip key={how} label={t(`selection.${how}`)}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={t(`selection.${how}`)}
              onClick={() => align(how)}
            >
              <Icon size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ))}
      </Group>
      <h3>{t('top.more')}</h3>
      <Group gap={6}>
        {deeds.map(({ key, Icon, act }) => (
          <Button
            key={key}
            variant="default"
            size="xs"
            leftSection={<Icon size={15} stroke={1.6} />}
            onClick={act}
          >
            {t(`selection.${key}`)}
          </Button>
        ))}
      </Group>
    </div>
  )
}
