import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconBinaryTree2, IconMinus, IconNote, IconPlus } from '@tabler/icons-react'
import { Panel, useStore } from '@xyflow/react'
import { useTranslation } from 'react-i18next'
import { arrange, putNote } from '../actions'
import { useEditor, useEditorStore } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import classes from './Canvas.module.css'

export function CanvasControls() {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const ui = useUiStore()
  const isFixed = useEditor((state) => state.isFixed)
  const looking = [
    { key: 'zoomOut', Icon: IconMinus, act: () => ui.getState().view.zoomBy(1 / 1.25) },
    { key: 'zoomIn', Icon: IconPlus, act: () => ui.getState().view.zoomBy(1.25) },
    { key: 'fit', Icon: IconArrowsMaximize, act: () => ui.getState().view.fit() },
  ] as const
  const drawing = [
    { key: 'note', Icon: IconNote, act: () => putNote(editor, ui) },
    { key: 'arrange', Icon: IconBinaryTree2, act: () => void arrange(editor, ui) },
  ] as const
  return (
    <Panel position="bottom-left" className={classes.controls ?? ''}>
      {[...looking, ...(isFixed ? [] : drawing)].map(({ key, Icon, act }) => (
        <Tooltip key={key} label={t(`canvas.${key}`)}>
          <ActionIcon aria-label={t(`canvas.${key}`)} onClick={act} data-testid={`canvas-${key}`}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
      <ZoomButton />
    </Panel>
  )
}

/** Apart from the others, because it is drawn anew at every step of zooming. */
function ZoomButton() {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const percent = useStore((state) => Math.round(state.transform[2] * 100))
  return (
    <button
      type="button"
      className={classes.zoom}
      onClick={() => ui.getState().view.zoomTo(1)}
      title={t('canvas.zoomReset')}
    >
      {percent} %
    </button>
  )
}
