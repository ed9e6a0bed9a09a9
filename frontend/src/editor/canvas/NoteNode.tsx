import { type NodeProps, useReactFlow } from '@xyflow/react'
import { memo, type PointerEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import { COLOURS } from '../graph/notes'
import type { Note } from '../graph/types'
import { useEditor } from '../store/EditorContext'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './NoteNode.module.css'
import type { NoteCanvasNode } from './types'

const MOST_LETTERS = 10_000

/** A sticky note behind the nodes: words for people, nothing that runs. */
export const NoteNode = memo(function NoteNode({ data, selected }: NodeProps<NoteCanvasNode>) {
  const { note } = data
  const { t } = useTranslation('editor')
  const ui = useUiStore()
  const isFixed = useEditor((state) => state.isFixed)
  const mayEdit = useMayEdit() && !isFixed
  const isWriting = useUi((state) => state.renaming === note.id)
  const [size, setSize] = useState<Size | null>(null)
  const { width, height } = size ?? note
  return (
    <section
      className={classes.note}
      style={{ width, height }}
      data-colour={note.colour}
      data-selected={selected}
      data-testid={`note-${note.id}`}
      aria-label={t('note.label')}
      onDoubleClick={() => mayEdit && ui.getState().change({ renaming: note.id })}
    >
      {isWriting ? (
        <NoteText note={note} />
      ) : (
        <p className={classes.text} data-empty={note.text === ''}>
          {note.text || t('note.placeholder')}
        </p>
      )}
      {selected && mayEdit && <NoteColours note={note} />}
      {mayEdit && <Grip note={note} onSize={setSize} />}
    </section>
  )
})

function NoteText({ note }: { note: Note }) {
  const { t } = useTranslation('editor')
  const perform = useEditor((state) => state.perform)
  const ui = useUiStore()
  return (
    <textarea
      className={`${classes.field} nodrag nopan nowheel`}
      aria-label={t('note.text')}
      defaultValue={note.text}
      maxLength={MOST_LETTERS}
      // biome-ignore lint/a11y/noAutofocus: the person asked to write
      autoFocus
      // One goes on writing where the text ends.
      onFocus={({ currentTarget: field }) => field.setSelectionRange(field.value.length, field.value.length)}
      onBlur={(event) => {
        ui.getState().change({ renaming: null })
        perform({ kind: 'changeNote', note: note.id, changes: { text: event.currentTarget.value } })
      }}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  )
}

function NoteColours({ note }: { note: Note }) {
  const { t } = useTranslation('editor')
  const perform = useEditor((state) => state.perform)
  return (
    <div className={`${classes.colours} nodrag`} role="toolbar" aria-label={t('note.colours')}>
      {COLOURS.map((colour) => (
        <button
          key={colour}
          type="button"
          data-colour={colour}
          aria-pressed={note.colour === colour}
          aria-label={t(`note.${colour}`)}
          title={t(`note.${colour}`)}
          onClick={() => perform({ kind: 'changeNote', note: note.id, changes: { colour } })}
        />
      ))}
    </div>
  )
}

type Size = Pick<Note, 'width' | 'height'>
const STEP = 16

/** The corner by which a note is made larger, with the pointer or the arrow keys. One drag is one step of undo. */
function Grip({ note, onSize }: { note: Note; onSize: (size: Size | null) => void }) {
  const { t } = useTranslation('editor')
  const flow = useReactFlow()
  const perform = useEditor((state) => state.perform)
  const start = useRef<{ x: number; y: number } | null>(null)
  const resize = (by: { x: number; y: number }) =>
    perform({
      kind: 'changeNote',
      note: note.id,
      changes: { width: Math.round(note.width + by.x), height: Math.round(note.height + by.y) },
    })
  const moved = (event: PointerEvent) => {
    const from = start.current ?? { x: event.clientX, y: event.clientY }
    const zoom = flow.getZoom()
    return { x: (event.clientX - from.x) / zoom, y: (event.clientY - from.y) / zoom }
  }
  return (
    <button
      type="button"
      className={`${classes.grip} nodrag nopan`}
      aria-label={t('note.resize')}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { x: event.clientX, y: event.clientY }
      }}
      onPointerMove={(event) => {
        if (!start.current) return
        const by = moved(event)
        onSize({ width: Math.max(96, note.width + by.x), height: Math.max(56, note.height + by.y) })
      }}
      onPointerUp={(event) => {
        if (start.current) resize(moved(event))
        start.current = null
        onSize(null)
      }}
      onKeyDown={(event) => {
        const by = ARROWS[event.key]
        if (!by) return
        event.preventDefault()
        event.stopPropagation()
        resize(by)
      }}
    />
  )
}

const ARROWS: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowRight: { x: STEP, y: 0 },
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowDown: { x: 0, y: STEP },
  ArrowUp: { x: 0, y: -STEP },
}
