import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
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

/** Show the steps of a verdict beside a graph whose draft and saved version are these. */
function show(steps: ReactNode, draft: object, saved: object = {}) {
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.url.includes('/draft/'))
      return Response.json({ document: draft, revision: 1, saved_at: null })
    if (request.url.includes('/versions/3/')) return Response.json({ number: 3, document: saved })
    return Response.json({ nodes: FIXTURE_CATALOGUE.nodes })
  })
  const editor = createEditorStore({
    catalogue: FIXTURE_CATALOGUE,
    draft: { document: fromServer(draft), revision: 1, savedAt: null },
  } as never)
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <RunProvider store={createRunStore()}>
          <EditorProvider store={editor}>
            <MemoryRouter>
              <Routes>
                <Route path="/" element={steps} />
                <Route path="/graphs/g" element={<Opened />} />
              </Routes>
            </MemoryRouter>
          </EditorProvider>
        </RunProvider>
      </QueryClientProvider>
    </MantineProvider>,
  )
  return (id: string) => editor.getState().document.nodes.find((node) => node.id === id)?.params
}

it('a step beside a verdict opens the graph, changes it once and runs it', async () => {
  const paramsOf = show(<GraphSteps graph="g" verdict={VERDICT} />, DOCUMENT)
  await userEvent.click(await screen.findByRole('button', { name: /shop/ }))
  await screen.findByText('open')
  await waitFor(() => expect(runAll).toHaveBeenCalledTimes(1))
  expect(paramsOf('split')).toMatchObject({ method: 'group', by: 'shop' })
})

it('steps come from the version that was judged and are taken in the draft as it is', async () => {
  const [file, ...others] = DOCUMENT.nodes
  // The draft has another target by now, for which nothing would be suggested, and leaves out more.
  const draft = { ...DOCUMENT, nodes: [{ ...file, params: { ignore: ['fog'] } }, ...others] }
  const leaks = [{ code: 'leak_equal', message: 'Snow.', message_params: { column: 'snow' } }, ...WARNINGS]
  const verdict = judgementIn(leaks as never)
  const paramsOf = show(<GraphSteps graph="g" verdict={verdict} version={3} />, draft, DOCUMENT)
  await userEvent.click(await screen.findByRole('button', { name: /snow/ }))
  await screen.findByText('open')
  expect(paramsOf('file')).toMatchObject({ ignore: ['fog', 'snow'] })
})
