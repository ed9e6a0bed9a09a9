import type { GraphDocument, Note, Position } from './types'

export const NOTE_SIZE = { width: 240, height: 120 } as const
export const COLOURS: readonly Note['colour'][] = ['yellow', 'blue', 'green', 'red', 'grey']

export function isColour(value: unknown): value is Note['colour'] {
  return COLOURS.some((colour) => colour === value)
}

/** No note may be smaller: its text and its grip must still be seen. */
export const SMALLEST_NOTE = { width: 96, height: 56 } as const
const LARGEST = 4000

export function newNote(document: GraphDocument, position: Position): Note {
  const taken = new Set([...document.nodes, ...document.notes].map(({ id }) => id))
  let number = 1
  while (taken.has(`note_${number}`)) number += 1
  return { id: `note_${number}`, text: '', position, ...NOTE_SIZE, colour: 'yellow' }
}

export function addNote(document: GraphDocument, note: Note): GraphDocument {
  return { ...document, notes: [...document.notes, note] }
}

export type NoteChange = Partial<Omit<Note, 'id' | 'position'>>

export function changeNote(document: GraphDocument, id: string, change: NoteChange): GraphDocument {
  const old = document.notes.find((note) => note.id === id)
  if (!old) return document
  const next = within({ ...old, ...change })
  const isSame = (Object.keys(change) as (keyof NoteChange)[]).every((name) => old[name] === next[name])
  return isSame
    ? document
    : { ...document, notes: document.notes.map((note) => (note.id === id ? next : note)) }
}

/** The note at a size the server takes. */
export function within(note: Note): Note {
  return {
    ...note,
    width: Math.min(LARGEST, Math.max(SMALLEST_NOTE.width, note.width)),
    height: Math.min(LARGEST, Math.max(SMALLEST_NOTE.height, note.height)),
  }
}

export function removeNotes(document: GraphDocument, ids: ReadonlySet<string>): GraphDocument {
  const kept = document.notes.filter((note) => !ids.has(note.id))
  return kept.length === document.notes.length ? document : { ...document, notes: kept }
}

/** Move notes; the very same list when none of them is named. */
export function moveNotes(
  notes: GraphDocument['notes'],
  positions: Readonly<Record<string, Position>>,
): GraphDocument['notes'] {
  if (!notes.some((note) => positions[note.id])) return notes
  return notes.map((note) => {
    const position = positions[note.id]
    return position ? { ...note, position } : note
  })
}
