import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { MemoryRouter } from 'react-router'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Endpoint } from '@/contracts'
import { EndpointsPage } from './endpoints/EndpointsPage'
import { GraphsPage } from './graphs/GraphsPage'
import { Dashboard } from './home/Dashboard'
import { ModelsPage } from './models/ModelsPage'

const VERDICT = {
  state: 'guessing',
  measure: 'accuracy',
  score: 0.25,
  baseline: 0.5,
  message: 'No better than guessing.',
  message_id: null,
  message_params: {},
  caveats: [],
  decision: null,
}
const AT = '2026-11-21T10:00:00Z'
const ANSWERS: Readonly<Record<string, object>> = {
  graphs: {
    id: 'g',
    name: 'Weather',
    last_run: { id: 'r', state: 'done', verdict: VERDICT, headline: '', headline_parts: null },
    outline: null,
    published_version: null,
    updated_at: AT,
  },
  models: {
    id: 'm',
    name: 'Weather',
    latest_version: 1,
    created_at: AT,
    versions: [{ details: {}, verdict: VERDICT, bytes: 1, created_at: AT }],
  },
  endpoints: {
    slug: 'w',
    name: 'Weather',
    state: 'ready',
    traffic: { requests: 0, errors: 0, p95_ms: null },
    release: { number: 1, created_at: AT, model: { target: 'rain', verdict: VERDICT } },
    releases: [],
    created_at: AT,
  },
}

beforeEach(() => {
  vi.stubGlobal('fetch', async (request: Request) => {
    const found = ANSWERS[new URL(request.url).pathname.split('/')[3] ?? '']
    return Response.json(found ? { count: 1, results: [found] } : { user: null, workspaces: [] })
  })
})

function show(page: ReactNode) {
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <MemoryRouter>{page}</MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  )
}

it.each([
  ['graphs', <GraphsPage key="g" />],
  ['models', <ModelsPage key="m" />],
  ['endpoints', <EndpointsPage key="e" />],
  [
    'endpoints of home',
    <Dashboard key="h" graphs={[]} datasets={[]} endpoints={[ANSWERS['endpoints'] as Endpoint]} />,
  ],
])('the list of %s says that a model is no better than guessing', async (_name, page) => {
  show(page)
  const badge = await screen.findByText('No better than guessing')
  expect(badge.parentElement?.dataset['verdict']).toBe('guessing')
})
