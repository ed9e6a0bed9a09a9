import { describe, expect, it } from 'vitest'
import { endOf, hasEnded } from './tokenLifetimes'

const NOW = new Date('2026-03-01T12:00:00Z')

describe('the lifetime of a token', () => {
  it('is counted in days from now, or has no end', () => {
    expect(endOf('7', NOW)).toBe('2026-03-08T12:00:00.000Z')
    expect(endOf('never', NOW)).toBeNull()
  })

  it('is over from the moment it names', () => {
    expect(hasEnded('2026-03-01T12:00:00Z', NOW)).toBe(true)
    expect(hasEnded('2026-03-01T12:00:01Z', NOW)).toBe(false)
    expect(hasEnded(null, NOW)).toBe(false)
  })
})
