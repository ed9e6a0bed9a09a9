import { MantineProvider } from '@mantine/core'
import { render, screen, within } from '@testing-library/react'
import { expect, it } from 'vitest'
import type { Endpoint } from '@/contracts'
import { Comparison } from './Comparison'

const counted = { requests: 200, errors: 2, rows: 200, p50_ms: 1, p95_ms: 2, p99_ms: 3, shadow: null }
const shadow = {
  requests: 11,
  rows: 100,
  differed: 25,
  largest: 8,
  distance: 50,
  seconds: 0.02,
  errors: 1,
  skipped: 4,
}

function endpoint(beside: object): Endpoint {
  const by_release = [
    { ...counted, release: 2, errors: 0, requests: 800 },
    { ...counted, release: 1, shadow },
  ]
  return {
    release: { number: 2 },
    canary: null,
    shadow: null,
    traffic: { by_release },
    ...beside,
  } as unknown as Endpoint
}

function shown(beside: object) {
  render(
    <MantineProvider>
      <Comparison endpoint={endpoint(beside)} />
    </MantineProvider>,
  )
}

const row = (name: string) => within(screen.getByRole('row', { name: new RegExp(name) }))

it('stands champion and canary side by side', () => {
  shown({ canary: { release: 1, percent: 20 } })
  expect(row('Requests').getByText('800')).toBeTruthy()
  expect(row('Requests').getByText('200')).toBeTruthy()
  expect(row('Not answered').getByText('1%')).toBeTruthy()
})

it('says how often a shadow agrees and how far it is off', () => {
  shown({ shadow: 1 })
  expect(row('Same prediction').getByText('75%')).toBeTruthy()
  expect(row('Mean difference').getByText('0.5')).toBeTruthy()
  expect(row('Mean compute time').getByText('2 ms')).toBeTruthy()
  expect(row('Requests not answered').getByText('1')).toBeTruthy()
})

it('says that nothing was compared yet instead of a table of zeros', () => {
  const none = { ...shadow, requests: 0, rows: 0, errors: 0, skipped: 0 }
  const quiet = { by_release: [{ ...counted, release: 3, requests: 0, shadow: none }] }
  shown({ shadow: 3, canary: { release: 3, percent: 5 }, traffic: quiet })
  expect(screen.queryByRole('table')).toBeNull()
  expect(screen.getAllByText('Nothing compared yet')).toHaveLength(2)
  expect(screen.getByText(/its predictions are compared here/)).toBeTruthy()
})

it('is not there while nothing stands beside', () => {
  shown({})
  expect(screen.queryByRole('table')).toBeNull()
})
