import type { ModelVersion } from '@/contracts'

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A part of what the package says of itself; packages of former times lack some. */
export function detail(version: ModelVersion, name: string): unknown {
  return version.details[name]
}

export function wordIn(version: ModelVersion, name: string): string {
  const value = detail(version, name)
  return typeof value === 'string' ? value : ''
}

export function wordsIn(version: ModelVersion, name: string): string[] {
  const value = detail(version, name)
  return Array.isArray(value) ? value.map(String) : []
}
