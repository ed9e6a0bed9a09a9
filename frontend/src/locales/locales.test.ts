import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

type Catalogue = Record<string, unknown>

const FOLDER = join(process.cwd(), 'src/locales')
const SOURCE = join(process.cwd(), 'src')

function catalogue(language: string, file: string): Catalogue {
  return JSON.parse(readFileSync(join(FOLDER, language, file), 'utf8')) as Catalogue
}

function keysOf(value: Catalogue, prefix = ''): string[] {
  return Object.entries(value)
    .flatMap(([key, inner]) =>
      typeof inner === 'object' && inner !== null
        ? keysOf(inner as Catalogue, `${prefix}${key}.`)
        : [`${prefix}${key}`],
    )
    .sort()
}

/** Keys without their plural forms, of which each language has its own. */
function meanings(value: Catalogue): string[] {
  return [...new Set(keysOf(value).map((key) => key.replace(/_(zero|one|other)$/, '')))].sort()
}

function textsOf(value: Catalogue): string[] {
  return Object.values(value).flatMap((inner) =>
    typeof inner === 'object' && inner !== null ? textsOf(inner as Catalogue) : [String(inner)],
  )
}

const files = readdirSync(join(FOLDER, 'en'))

describe('catalogues', () => {
  it.each(files)('%s says the same things in every language', (file) => {
    expect(meanings(catalogue('zh', file))).toEqual(meanings(catalogue('en', file)))
  })

  it.each(files)('%s leaves no sentence empty', (file) => {
    for (const language of ['en', 'zh']) {
      expect(textsOf(catalogue(language, file)).filter((text) => text.trim() === '')).toEqual([])
    }
  })

  it('has every key that a screen asks for', () => {
    const known = new Set(
      keysOf(catalogue('en', 'common.json')).map((key) => key.replace(/_(zero|one|other)$/, '')),
    )
    const folders = ['pages', 'shell', 'ui', 'lib']
    const asked = folders
      .flatMap((folder) =>
        readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(SOURCE, folder, name),
        ),
      )
      .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
      .flatMap((name) =>
        [...readFileSync(name, 'utf8').matchAll(/\bt\('([a-zA-Z0-9_.]+)'/g)].map((match) => match[1] ?? ''),
      )
    expect(asked.length).toBeGreaterThan(100)
    expect([...new Set(asked)].filter((key) => !known.has(key))).toEqual([])
  })
})
