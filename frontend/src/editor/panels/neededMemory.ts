import type { TFunction } from 'i18next'
import { formatBytes } from '@/lib/format'
import type { Check } from '../store/check'

/** What a run needs of memory at its peak, and of that of a GPU, in few words; nothing where all is reused. */
export function neededMemory(t: TFunction<'editor'>, plan: Check['plan'] | undefined): readonly string[] {
  if (!plan?.nodes.some((node) => !node.is_cached)) return []
  const { memory_bytes, gpu_bytes } = plan
  return [
    ...(memory_bytes ? [formatBytes(memory_bytes)] : []),
    ...(gpu_bytes ? [t('run.gpuShort', { memory: formatBytes(gpu_bytes) })] : []),
  ]
}
