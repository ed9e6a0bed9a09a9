import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from './client'

export const browserSessionKeys = { all: ['sign-ins'] as const }

/** Where the person is signed in, the last visit first. */
export function useBrowserSessions() {
  return useQuery({
    queryKey: browserSessionKeys.all,
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/sign-ins/', {
          params: { query: { page_size: 200 } },
        }),
      ),
  })
}

/** Signs out on one device, or everywhere but here. */
export function useEndBrowserSession() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string | 'elsewhere') => {
      if (id === 'elsewhere') await unwrap(client.DELETE('/api/v1/sign-ins/elsewhere/'))
      else await unwrap(client.DELETE('/api/v1/sign-ins/{id}/', { params: { path: { id } } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: browserSessionKeys.all }),
  })
}
