import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import type { Endpoint } from '@/contracts'
import { TryIt } from './TryIt'

const endpoint: Endpoint = {
  id: 'e',
  workspace: 'w',
  slug: 'houses',
  name: 'Houses',
  url: 'http://127.0.0.1:8001/endpoints/houses',
  graph: null,
  node: 'deploy',
  version: 1,
  state: 'ready',
  failure: '',
  failure_parts: null,
  created_at: '2026-11-21T10:00:00Z',
  release: {
    number: 1,
    version: 1,
    run: null,
    created_at: '2026-11-21T10:00:00Z',
    created_by: 'ana',
    model: {
      task: 'regression',
      target: 'price',
      classes: [],
      metrics: {},
      scored_on: 'test',
      verdict: null,
    },
    inputs: [
      {
        name: 'area',
        type: 'number',
        role: 'feature',
        categories: null,
        nullable: true,
        minimum: 20,
        maximum: 300,
      },
    ],
    example: { area: 120.5 },
    parity: {},
    model_version: null,
    registered: null,
    is_approved: false,
  },
  releases: [],
  keys: [],
  traffic: {
    requests: 0,
    errors: 0,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
    per_minute: [],
    by_release: [],
  },
  canary: null,
  shadow: null,
  returned: null,
  needs_approval: false,
}

function show(status: number, body: unknown) {
  const answer = new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  })
  const asked = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <TryIt endpoint={endpoint} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  return asked
}

it('asks about the example row and shows the answer with its warnings', async () => {
  const asked = show(200, {
    predictions: [254503.2],
    model: { name: 'Houses', version: 1, release: 1 },
    warnings: ['“area” is larger than in training.'],
  })
  await userEvent.click(screen.getByRole('button', { name: 'Predict' }))
  expect((await screen.findByTestId('prediction')).textContent).toBe('254,503')
  expect(screen.getByText(/larger than in training/)).toBeTruthy()
  const [request] = asked.mock.calls[0] ?? []
  expect(await (request as Request).json()).toEqual({
    rows: [{ area: 120.5 }],
    explain: true,
    interval: 0.9,
  })
})

it('puts what is wrong with a value on its field', async () => {
  const message = '“area” must be a number, not the text “a lot”.'
  show(422, { code: 'invalid_rows', message, problems: [{ at: 'rows.0.area', message }] })
  await userEvent.click(screen.getByRole('button', { name: 'Predict' }))
  await screen.findByText(message)
  expect(screen.getByRole('textbox', { name: 'area' }).getAttribute('aria-invalid')).toBe('true')
  expect(screen.queryByRole('alert')).toBeNull()
})

it('shows the interval and what each column adds, the largest first', async () => {
  show(200, {
    predictions: [210],
    intervals: [{ low: 180, high: 240 }],
    explanations: [{ of: '', scale: 'value', base: 200, contributions: { rooms: -2, area: 12 } }],
    model: { name: 'Houses', version: 1, release: 1 },
    warnings: [],
  })
  await userEvent.click(screen.getByRole('button', { name: 'Predict' }))
  expect(await screen.findByText(/between 180 and 240/)).toBeTruthy()
  expect(screen.getAllByTestId('contribution').map((line) => line.textContent)).toEqual([
    'area+12',
    'rooms−2',
  ])
})

it('asks again as a value moves, without a press', async () => {
  const asked = show(200, { predictions: [1], model: { name: 'H', version: 1, release: 1 }, warnings: [] })
  asked.mockImplementation(() =>
    Promise.resolve(
      new Response(
        JSON.stringify({ predictions: [1], model: { name: 'H', version: 1, release: 1 }, warnings: [] }),
        {
          headers: { 'Content-Type': 'application/json' },
        },
      ),
    ),
  )
  await userEvent.click(screen.getByRole('button', { name: 'Predict' }))
  await screen.findByTestId('prediction')
  screen.getByRole('slider', { name: 'area' }).focus()
  await userEvent.keyboard('{End}')
  await vi.waitFor(async () => {
    const last = asked.mock.calls.at(-1)?.[0] as Request
    expect(asked.mock.calls.length).toBeGreaterThan(1)
    expect(last).toBeTruthy()
  })
})
