import { useQuery } from '@tanstack/react-query'
import { client, unwrap } from './client'

export const templateKeys = { all: ['templates'] as const }

export function useTemplates() {
  return useQuery({
    queryKey: templateKeys.all,
    queryFn: () => unwrap(client.GET('/api/v1/templates/')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
