import { useQuery } from '@tanstack/react-query'
import { client, unwrap } from './client'

/** What becomes of the columns of a data set when one is predicted, where it is worth saying; asked once one is chosen. */
export function useColumnUses(dataset: string, version: number, target: string | null) {
  return useQuery({
    queryKey: ['datasets', 'one', dataset, 'uses', version, target],
    queryFn: () =>
      unwrap(client.POST('/api/v1/graphs/column-uses/', { body: { dataset, target: target ?? '' } })),
    enabled: target !== null,
    staleTime: Number.POSITIVE_INFINITY,
  })
}
