import { expect, it } from 'vitest'
import type { Traffic } from '@/contracts'
import { i18next } from '@/lib/i18n'
import { trafficFigures } from './trafficFigures'

it('stacks errors on answers and leaves a gap where nothing was asked', () => {
  const minute = { at: '2026-11-21T10:00:00Z', requests: 5, errors: 2, p50_ms: 1, p95_ms: 2, p99_ms: 3 }
  const empty = {
    at: '2026-11-21T10:01:00Z',
    requests: 0,
    errors: 0,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
  }
  const traffic: Traffic = {
    requests: 5,
    errors: 2,
    p50_ms: 1,
    p95_ms: 2,
    p99_ms: 3,
    per_minute: [minute, empty],
    by_release: [],
  }
  const { requests, latency } = trafficFigures(traffic, i18next.t)
  expect(requests.data.map(({ y }) => y)).toEqual([
    [3, 0],
    [2, 0],
  ])
  expect(latency.data.map(({ name, y }) => [name, y])).toEqual([
    ['p50', [1, null]],
    ['p95', [2, null]],
    ['p99', [3, null]],
  ])
  expect(latency.layout?.['xaxis']).toMatchObject({ tickformat: '%H:%M\n%-d %b %Y' })
})
