import { IconFileUpload, IconLayoutGrid, IconPuzzle, IconRoute, IconTable } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { inWords, useTemplates } from '@/api/templates'
import { useTour } from '@/shell/tourState'
import { pickFile } from '../pickFile'
import { fromServer } from '../server'
import { useEditor } from '../store/EditorContext'
import { useUiStore } from '../store/UiContext'
import { useAddNode } from '../useAddNode'
import { useUpload } from '../useUpload'
import classes from './EmptyCanvas.module.css'

/** What an empty canvas offers as a first step. */
export function EmptyCanvas() {
  const isEmpty = useEditor((state) => state.document.nodes.length === 0)
  const isFixed = useEditor((state) => state.isFixed)
  return isEmpty && !isFixed ? <Offers /> : null
}

function Offers() {
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const addNode = useAddNode()
  const openTour = useTour((state) => state.open)
  const upload = useUpload()
  const perform = useEditor((state) => state.perform)
  const { data: templates } = useTemplates()
  const middle = () => ui.getState().view.middle()
  const offers = [
    {
      key: 'file',
      Icon: IconFileUpload,
      act: () => void pickFile('.csv,.tsv,.txt').then((file) => file && upload(file, middle())),
    },
    { key: 'sample', Icon: IconTable, act: () => addNode('source.sample', middle()) },
    { key: 'nodes', Icon: IconPuzzle, act: () => showPalette(ui) },
    { key: 'tour', Icon: IconRoute, act: openTour },
  ] as const
  return (
    <div className={classes.place}>
      <section className={classes.card} aria-label={t('empty.title')} data-testid="empty-canvas">
        <h2>{t('empty.title')}</h2>
        <p>{t('empty.text')}</p>
        <div className={classes.offers}>
          {offers.map(({ key, Icon, act }) => (
            <button
              key={key}
              type="button"
              className={classes.offer}
              onClick={act}
              data-testid={`empty-${key}`}
            >
              <Icon size={22} stroke={1.5} aria-hidden />
              <span>{t(`empty.${key}`)}</span>
            </button>
          ))}
        </div>
        {templates && templates.length > 0 && (
          <>
            <h3>{t('empty.templates')}</h3>
            <div className={classes.offers}>
              {templates.map(inWords).map((template) => (
                <button
                  key={template.slug}
                  type="button"
                  className={classes.offer}
                  data-testid={`empty-template-${template.slug}`}
                  title={template.description}
                  onClick={() => {
                    perform({ kind: 'load', document: fromServer(template.document) })
                    requestAnimationFrame(() => requestAnimationFrame(() => ui.getState().view.fit()))
                  }}
                >
                  <IconLayoutGrid size={22} stroke={1.5} aria-hidden />
                  <span>{template.title}</span>
                </button>
              ))}
            </div>
          </>
        )}
        <p className={classes.hint}>{t('empty.hint')}</p>
      </section>
    </div>
  )
}

function showPalette(ui: ReturnType<typeof useUiStore>) {
  ui.getState().change({ leftTab: 'nodes', isLeftOpen: true })
  requestAnimationFrame(() =>
    window.document.querySelector<HTMLElement>('[data-testid="palette-search"]')?.focus(),
  )
}
