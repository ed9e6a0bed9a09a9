import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it } from 'vitest'
import { i18next, setLanguage } from '@/lib/i18n'
import { FIXTURE_CATALOGUE } from '../graph/fixtureCatalogue'
import { EMPTY_DOCUMENT, type GraphDocument, type GraphNode } from '../graph/types'
import { createEditorStore } from '../store/createEditorStore'
import { EditorProvider } from '../store/EditorContext'
import { useCanvasEdges } from './useCanvasEdges'

const node = (id: string, type: string, title = ''): GraphNode => ({
  id,
  type,
  version: 1,
  params: {},
  position: { x: 0, y: 0 },
  title,
  is_disabled: false,
  is_frozen: false,
})

const document: GraphDocument = {
  ...EMPTY_DOCUMENT,
  nodes: [node('n1', 'source.file', 'Houses'), node('n2', 'clean.impute', 'Gaps')],
  edges: [{ source: 'n1', source_port: 'table', target: 'n2', target_port: 'table' }],
}

it('names an edge by what it carries and the titles of its nodes, in the language of the page', async () => {
  const store = createEditorStore({
    catalogue: FIXTURE_CATALOGUE,
    draft: { document, revision: 1, savedAt: '2026-01-01T10:00:00Z' },
  })
  const wrapper = ({ children }: { children: ReactNode }) => (
    <EditorProvider store={store}>{children}</EditorProvider>
  )
  const { result } = renderHook(useCanvasEdges, { wrapper })
  expect(result.current.edges[0]?.ariaLabel).toBe('table from Houses to Gaps')
  await act(() => setLanguage('zh'))
  expect(result.current.edges[0]?.ariaLabel).toBe('表：Houses → Gaps')
  await act(() => i18next.changeLanguage('en'))
})
