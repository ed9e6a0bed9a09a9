import { describe, expect, it } from 'vitest'
import { applyCommand, mergeKey } from './command'
import { FIXTURE_CATALOGUE as catalogue } from './fixtureCatalogue'
import { newNote } from './notes'
import { EMPTY_DOCUMENT } from './types'

const note = newNote(EMPTY_DOCUMENT, { x: 8, y: 16 })
const start = applyCommand(EMPTY_DOCUMENT, catalogue, { kind: 'addNote', note })

describe('sticky notes', () => {
  it('get ids that are free', () => {
    expect(newNote(start, { x: 0, y: 0 }).id).toBe('note_2')
  })

  it('are written, resized and coloured, and stay large enough to be seen', () => {
    const changes = { text: 'Why', width: 10, height: 300, colour: 'blue' } as const
    const after = applyCommand(start, catalogue, { kind: 'changeNote', note: note.id, changes })
    expect(after.notes[0]).toEqual({ ...note, text: 'Why', width: 96, height: 300, colour: 'blue' })
  })

  it('leave the document as it is when nothing changes', () => {
    const command = { kind: 'changeNote', note: note.id, changes: { text: '' } } as const
    expect(applyCommand(start, catalogue, command)).toBe(start)
  })

  it('move with what is dragged beside them, and are deleted with it', () => {
    const moved = applyCommand(start, catalogue, { kind: 'move', positions: { note_1: { x: 80, y: 0 } } })
    expect(moved.notes[0]?.position).toEqual({ x: 80, y: 0 })
    const gone = applyCommand(moved, catalogue, { kind: 'remove', nodes: ['note_1'], edges: [], heals: true })
    expect(gone.notes).toEqual([])
  })

  it('make one step of a burst of changes of the same kind', () => {
    const change = { kind: 'changeNote', note: 'note_1', changes: { width: 200, height: 90 } } as const
    expect(mergeKey(change)).toBe(mergeKey({ ...change, changes: { width: 210, height: 90 } }))
    expect(mergeKey(change)).not.toBe(mergeKey({ ...change, changes: { text: 'x' } }))
  })
})
