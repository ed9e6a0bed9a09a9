import { i18next } from './i18n'

const locale = () => (i18next.language === 'zh' ? 'zh-CN' : 'en-GB')

/** Words one after the other, separated as the language of the page does. */
export function listed(words: readonly string[]): string {
  return words.join(i18next.language === 'zh' ? '、' : ', ')
}

/** 4,212 */
export function formatCount(value: number): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(value)
}

/** A number of a table with all its digits: 12,345.678. Four digits stay together, so that a year reads as one. */
export function formatCell(value: number): string {
  const text = String(value)
  const [whole = '', fraction] = text.split('.')
  if (text.includes('e') || whole.replace('-', '').length < 5) return text
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** A date whose time says nothing, and a moment as machines write it. */
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?$/
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d*[1-9])?)(?:\.?0+)?$/

/** A date of a table as people write it: 2026-11-21, 2026-11-21 10:42:00. Any other text stays. */
export function formatTableDate(text: string): string {
  return text.replace(MIDNIGHT, '$1').replace(MOMENT, '$1 $2')
}

/** A fraction with more digits than anybody measures, which only a computation has. */
const COMPUTED = /^-?(?=(?:\D*\d){12})\d*\.\d+(?:e[+-]?\d+)?$/i

/** A number of a table in four significant digits where it was computed to more than a reader can use; else null. */
export function formatComputed(value: unknown): string | null {
  return COMPUTED.test(String(value)) ? formatNumber(Number(value)) : null
}

/** A measured number in at most `digits` significant digits: 0.9132, 1,234, 1.2e9. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2).replace('e+', 'e')
  // Four digits stay together, so that a year reads as one.
  if (Number.isInteger(value) || size >= 10 ** digits) {
    return new Intl.NumberFormat(locale(), { maximumFractionDigits: 0, useGrouping: 'min2' }).format(value)
  }
  return new Intl.NumberFormat(locale(), { maximumSignificantDigits: digits }).format(value)
}

const SMALLEST_SHARE = 0.001

/** A share from 0 to 1 as 12 %, with one decimal when it is small. */
export function formatShare(share: number): string {
  if (share > 0 && share < SMALLEST_SHARE) return `<${formatShare(SMALLEST_SHARE)}`
  const digits = share > 0 && share < 0.1 ? 1 : 0
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: digits }).format(share)
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** 1.2 MB; steps of 1024 as file managers count. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: BYTE_UNITS[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value)
}

/** 0.4 s, 12 s, 3 min 05 s, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.5) {
    return i18next.t('time.seconds', {
      seconds: seconds < 9.95 ? Math.max(0, seconds).toFixed(1) : Math.round(seconds),
    })
  }
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  const padded = (value: number) => String(value % 60).padStart(2, '0')
  if (minutes < 60) return i18next.t('time.minutes', { minutes, seconds: padded(whole) })
  return i18next.t('time.hours', { hours: Math.floor(minutes / 60), minutes: padded(minutes) })
}

/** 0.42 ms, 12.3 ms. */
export function formatMilliseconds(milliseconds: number): string {
  return i18next.t('time.milliseconds', { milliseconds: formatNumber(milliseconds, 3) })
}

/** Seconds between two moments; `now` stands in for an end that has not come. */
export function secondsBetween(start: string, end: string | null, now = Date.now()): number {
  return ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000
}

const AGES: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** "2 minutes ago", "yesterday"; a date when it is more than a week old. */
export function formatAge(moment: string, now = Date.now()): string {
  const seconds = (now - Date.parse(moment)) / 1000
  if (seconds > 7 * 86_400) return formatDate(moment)
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  const found = AGES.find(([, size]) => seconds >= size)
  return found ? relative.format(-Math.floor(seconds / found[1]), found[0]) : i18next.t('time.now')
}

/** 21 Nov 2026 */
export function formatDate(moment: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(moment))
}

/** 21 Nov 2026, 10:42 */
export function formatMoment(moment: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(moment),
  )
}

/** 10:42 */
export function formatTime(moment: string): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(new Date(moment))
}
