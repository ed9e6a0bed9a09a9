// @vitest-environment jsdom

import { describe, expect, it } from 'vitest'
import { focusKind, isAllowedAt, type KeyChord, readKey, SHORTCUTS, shownKeys } from './keys'

function stroke(key: string, held: Partial<KeyChord> = {}): KeyChord {
  return { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held }
}

describe('keys', () => {
  it('reads single keys and combinations', () => {
    expect(readKey(stroke('a'), null).action).toBe('quickAdd')
    expect(readKey(stroke('Z', { ctrlKey: true, shiftKey: true }), null).action).toBe('redo')
    expect(readKey(stroke('y', { metaKey: true }), null).action).toBe('redo')
    expect(readKey(stroke('?', { shiftKey: true }), null).action).toBe('shortcuts')
    expect(readKey(stroke('ArrowLeft', { ctrlKey: true }), null).action).toBe('nudgeLeft')
  })

  it('reads pairs of strokes, even where Alt types another letter', () => {
    const first = readKey(stroke('ß', { altKey: true, code: 'KeyS' }), null)
    expect(first).toEqual({ action: null, pending: 'alt+s' })
    expect(readKey(stroke('u'), first.pending).action).toBe('selectUpstream')
    expect(readKey(stroke('x'), first.pending).action).toBeNull()
  })

  it('never takes Tab', () => {
    expect(readKey(stroke('Tab'), null).action).toBeNull()
    expect(SHORTCUTS.some(({ keys }) => keys.some((key) => key.includes('tab')))).toBe(false)
  })

  it('leaves a field its own keys, undo included, but saves and runs from there', () => {
    expect(isAllowedAt('quickAdd', 'field')).toBe(false)
    expect(isAllowedAt('undo', 'field')).toBe(false)
    expect(isAllowedAt('save', 'field')).toBe(true)
    expect(isAllowedAt('runAll', 'field')).toBe(true)
    expect(isAllowedAt('open', 'control')).toBe(false)
  })

  it('takes back what a switch or a list did, which has no undo of its own', () => {
    const at = (html: string) => {
      document.body.innerHTML = html
      return focusKind(document.body.querySelector('input, textarea, button, p'))
    }
    expect(at('<input type="radio">')).toBe('choice')
    expect(at('<input type="checkbox">')).toBe('choice')
    expect(at('<input readonly role="combobox">')).toBe('choice')
    expect(at('<input>')).toBe('field')
    expect(at('<textarea></textarea>')).toBe('field')
    expect(at('<button></button>')).toBe('control')
    expect(at('<p></p>')).toBe('canvas')
    expect(isAllowedAt('undo', 'choice')).toBe(true)
    expect(isAllowedAt('disable', 'choice')).toBe(false)
  })

  it('has no combination twice', () => {
    const all = SHORTCUTS.flatMap(({ keys }) => keys)
    expect(new Set(all).size).toBe(all.length)
  })

  it('is written as keys are labelled', () => {
    expect(shownKeys('mod+shift+z', false)).toEqual(['Ctrl', 'Shift', 'Z'])
    expect(shownKeys('+', false)).toEqual(['+'])
    expect(shownKeys('alt+s u', true)).toEqual(['⌥', 'S', 'U'])
  })
})
