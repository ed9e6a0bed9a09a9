// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatBytes,
  formatCell,
  formatComputed,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatShare,
  formatTableDate,
} from './format'
import { setLanguage } from './i18n'

describe('numbers', () => {
  it('keeps years together and groups longer ones', () => {
    expect([formatNumber(1890), formatNumber(21350.4), formatCount(4212)]).toEqual([
      '1890',
      '21,350',
      '4,212',
    ])
  })

  it('shows measured values in four digits and extremes by powers of ten', () => {
    expect([formatNumber(0.913245), formatNumber(0.00001234), formatNumber(0)]).toEqual([
      '0.9132',
      '1.23e-5',
      '0',
    ])
  })

  it('never says that something is nothing', () => {
    expect([formatShare(0.00002), formatShare(0), formatShare(0.017), formatShare(0.5)]).toEqual([
      '<0.1%',
      '0%',
      '1.7%',
      '50%',
    ])
  })

  it('counts bytes as file managers do', () => {
    expect([formatBytes(500 * 1024 ** 2), formatBytes(1536)]).toEqual(['500 MB', '1.5 kB'])
  })
})

describe('dates of a table', () => {
  it('lose a time that says nothing, and the letter of machines', () => {
    const given = ['2026-11-21T00:00:00', '2026-11-21T10:42:00.500', '2026-11-21T10:42:00.000', 'T00:00:00']
    expect(given.map(formatTableDate)).toEqual([
      '2026-11-21',
      '2026-11-21 10:42:00.5',
      '2026-11-21 10:42:00',
      'T00:00:00',
    ])
  })
})

describe('time', () => {
  it('tells short and long durations', () => {
    expect([0.42, 12.4, 185, 7800].map(formatDuration)).toEqual(['0.4 s', '12 s', '3 min 05 s', '2 h 10 min'])
  })

  it('has its units in Chinese on a Chinese page', async () => {
    await setLanguage('zh')
    expect([0.42, 12.4, 185, 7800].map(formatDuration)).toEqual([
      '0.4 秒',
      '12 秒',
      '3 分 05 秒',
      '2 小时 10 分',
    ])
    expect(formatMilliseconds(12.34)).toBe('12.3 毫秒')
    await setLanguage('en')
    expect(formatMilliseconds(12.34)).toBe('12.3 ms')
  })

  it('tells how long ago, and the date after a week', () => {
    const now = Date.parse('2026-11-21T10:00:00Z')
    expect(formatAge('2026-11-21T09:58:00Z', now)).toBe('2 minutes ago')
    expect(formatAge('2026-11-01T09:58:00Z', now)).toBe('1 Nov 2026')
  })
})

describe('formatComputed', () => {
  it('shortens what was computed and nothing that was measured or names something', () => {
    expect(formatComputed(0.8123456789012345)).toBe('0.8123')
    expect(formatComputed('-12345.678901234567')).toBe('-12,346')
    expect(formatComputed(1.234567890123e-7)).toBe('1.23e-7')
    for (const kept of [1234567.125, 1234567890123456, '1234567890123456', 'a 1.2345678901234567', null])
      expect(formatComputed(kept)).toBeNull()
  })
})

describe('formatCell', () => {
  it('keeps every digit and groups long numbers only', () => {
    expect(formatCell(1234567.125)).toBe('1,234,567.125')
    expect(formatCell(-12345)).toBe('-12,345')
    expect(formatCell(2012)).toBe('2012')
    expect(formatCell(0.30000000000000004)).toBe('0.30000000000000004')
    expect(formatCell(1e21)).toBe('1e+21')
  })
})
