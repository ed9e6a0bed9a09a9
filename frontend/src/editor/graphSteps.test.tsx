import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter, Route, Routes } from 'react-router'
import { expect, it, vi } from 'vitest'
import { createRunStore } from '@/live/createRunStore'
import { RunProvider } from '@/live/RunContext'
import { FIXTURE_CATALOGUE } from './graph/fixtureCatalogue'
import { judgementIn } from './graph/nextSteps'
import { GraphSteps } from './panels/GraphSteps'
import { fromServer } from './server'
import { createEditorStore } from './store/createEditorStore'
import { EditorProvider } from './store/EditorContext'
import { useAskedStep } from './useAskedStep'

const DOCUMENT = {
  nodes: [
    { id: 'file', type: 'source.file', params: { target: 'rain' } },
    { id: 'split', type: 'split.split' },
    { id: 'deploy', type: 'publish.deploy' },
  ],
  edges: [
    { source: 'file', source_port: 'table', target: 'split', target_port: 'table' },
    { source: 'split', source_port: 'table', target: 'deploy', target_port: 'table' },
  ],
}
const WARNINGS = [{ code: 'groups_across_split', message: 'Shops.', message_params: { column: 'shop' } }]
const VERDICT = judgementIn(WARNINGS as never)

vi.mock('@/api/session', () => ({ useMayEdit: () => true }))

const runAll = vi.fn()
const RUN = { runAll } as never

function Opened() {
  useAskedStep(RUN)
  return <p>open</p>
}

it('a step beside a verdict opens the graph, changes it once and runs it', async () => {
  vi.stubGlobal('fetch', async (request: Request) =>
    Response.json(
      request.url.includes('/draft/')
        ? { document: DOCUMENT, revision: 1, saved_at: null }
        : { nodes: FIXTURE_CATALOGUE.nodes },
    ),
  )
  const editor = createEditorStore({
    catalogue: FIXTURE_CATALOGUE,
    draft: { document: fromServer(DOCUMENT), revision: 1, savedAt: null },
  } as never)
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <RunProvider store={createRunStore()}>
          <EditorProvider store={editor}>
            <MemoryRouter>
              <Routes>
                <Route path="/" element={<GraphSteps graph="g" verdict={VERDICT} />} />
                <Route path="/graphs/g" element={<Opened />} />
              </Routes>
            </MemoryRouter>
          </EditorProvider>
        </RunProvider>
      </QueryClientProvider>
    </MantineProvider>,
  )
  await userEvent.click(await screen.findByRole('button', { name: /shop/ }))
  await screen.findByText('open')
  await waitFor(() => expect(runAll).toHaveBeenCalledTimes(1))
  const split = editor.getState().document.nodes.find(({ id }) => id === 'split')
  expect(split?.params).toMatchObject({ method: 'group', by: 'shop' })
})
