import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { CleanupRequest, Space } from '@/contracts'
import { client, unwrap } from './client'

export const spaceKeys = { all: ['space'] as const }

export function isFreeing({ state }: CleanupRequest): boolean {
  return state === 'waiting' || state === 'working'
}

/** What stored results take, and what was freed; asked again and again while space is being freed. */
export function useSpace() {
  return useQuery({
    queryKey: spaceKeys.all,
    queryFn: (): Promise<Space> => unwrap(client.GET('/api/v1/space/')),
    refetchInterval: (query) => (query.state.data?.clearings.some(isFreeing) ? 1_000 : 30_000),
  })
}

/** Has a worker free space: what nothing names any more, and results unused for so many days unless it is null. */
export function useFreeSpace() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (unusedDays: number | null) =>
      unwrap(client.POST('/api/v1/space/clearings/', { body: { unused_days: unusedDays } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: spaceKeys.all }),
  })
}
