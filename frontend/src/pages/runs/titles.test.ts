import { describe, expect, it } from 'vitest'
import type { Run } from '@/contracts'
import type { CatalogueWords } from '@/editor/graph/translate'
import { withTitles } from './titles'

const KINDS = [{ id: 'split.split', title: 'Split' }]
const WORDS = {
  nodes: { 'split.split': { title: '数据划分', keywords: [], params: {} } },
} as unknown as CatalogueWords

function titleOf(title: string, words?: CatalogueWords) {
  const run = { nodes: [{ type: 'split.split', title }] } as unknown as Run
  return withTitles(run, KINDS, words).nodes[0]?.title
}

describe('titles of the nodes of a run', () => {
  it('are in the language of the page', () => {
    expect(titleOf('Split', WORDS)).toBe('数据划分')
  })

  it('stay as a person gave them', () => {
    expect(titleOf('By customer', WORDS)).toBe('By customer')
  })

  it('stay English without words', () => {
    expect(titleOf('Split')).toBe('Split')
  })
})
