import type { TFunction } from 'i18next'
import { expect, it } from 'vitest'
import { neededMemory } from './neededMemory'

const t = ((key: string, { memory }: { memory: string }) =>
  `${key} ${memory}`) as unknown as TFunction<'editor'>
const GIGABYTE = 1024 ** 3

function planned(is_cached: boolean, memory_bytes: number, gpu_bytes: number) {
  const node = { node: 'a', is_cached, seconds: 1, memory_bytes, gpu_bytes }
  return { nodes: [node], seconds: 1, memory_bytes, gpu_bytes }
}

it('says what a run needs of memory, and of a GPU where it uses one', () => {
  expect(neededMemory(t, planned(false, 2 * GIGABYTE, 0))).toEqual(['2 GB'])
  expect(neededMemory(t, planned(false, 2 * GIGABYTE, GIGABYTE))).toEqual(['2 GB', 'run.gpuShort 1 GB'])
  expect(neededMemory(t, planned(true, 2 * GIGABYTE, GIGABYTE))).toEqual([])
  expect(neededMemory(t, undefined)).toEqual([])
})
