import { describe, expect, it } from 'vitest'
import english from '@/locales/en/editor.json'
import chinese from '@/locales/zh/editor.json'
import { SHORTCUTS } from './keys'

type Words = { readonly [key: string]: string | Words }

/** Every key of a catalogue; the forms of one plural count as one. */
function keysOf(words: Words, path = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [path + key.replace(/_(zero|one|other)$/, '')]
      : keysOf(value, `${path}${key}.`),
  )
}

function textsOf(words: Words, path = ''): (readonly [string, string])[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as const] : textsOf(value, `${path}${key}.`),
  )
}

describe('the words of the editor', () => {
  it('are complete in both languages', () => {
    expect([...new Set(keysOf(chinese))].sort()).toEqual([...new Set(keysOf(english))].sort())
  })

  it('name the same values in both languages', () => {
    const names = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort()
    const inEnglish = new Map(textsOf(english))
    for (const [key, text] of textsOf(chinese))
      expect([key, names(text)]).toEqual([key, names(inEnglish.get(key) ?? '')])
  })

  it('say what every shortcut does', () => {
    expect(SHORTCUTS.map(({ action }) => action).filter((action) => !(action in english.action))).toEqual([])
  })
})
