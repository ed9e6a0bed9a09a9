import { useQuery } from '@tanstack/react-query'
import { client, take } from './client'

export const nodeKeys = { catalogue: ['nodes'] as const }

/** Every kind of node. It changes only when the server does. */
export function useCatalogue() {
  return useQuery({
    queryKey: nodeKeys.catalogue,
    queryFn: () => take(client.GET('/api/v1/nodes/')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
