import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const CSS = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const SURFACES = ['surface', 'surface-sunken', 'surface-raised', 'surface-hover', 'surface-selected']
const LEAST_CONTRAST = 4.5

/** The colours of a theme, by name. */
function coloursOf(scheme: string): ReadonlyMap<string, string> {
  const [, block = ''] = CSS.split(`[data-mantine-color-scheme="${scheme}"] {`)
  const end = block.indexOf('\n}')
  return new Map(
    [...block.slice(0, end).matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, value]) => [
      name ?? '',
      value ?? '',
    ]),
  )
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

it.each(['light', 'dark'])('words of every status can be read on every surface of the %s theme', (scheme) => {
  const colours = coloursOf(scheme)
  const words = [...colours].filter(([name]) => name.startsWith('status-') || /^ink(-|$)/.test(name))
  expect(words.length).toBeGreaterThan(10)
  const faint = words.flatMap(([name, colour]) =>
    SURFACES.filter((surface) => contrast(colour, colours.get(surface) ?? '') < LEAST_CONTRAST).map(
      (surface) => `${name} on ${surface}`,
    ),
  )
  expect(faint).toEqual([])
})
