import { useQuery } from '@tanstack/react-query'
import { client, unwrap } from './client'

export const nodeKeys = { catalogue: ['nodes'] as const }

/** Every kind of node. It changes only when the server does. */
export function useCatalogue({ enabled = true } = {}) {
  return useQuery({
    enabled,
    queryKey: nodeKeys.catalogue,
    queryFn: () => unwrap(client.GET('/api/v1/nodes/')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
