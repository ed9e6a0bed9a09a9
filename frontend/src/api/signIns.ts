import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from './client'

export const signInKeys = { all: ['sign-ins'] as const, audit: ['audit'] as const }

/** Where the person is signed in, the last visit first. */
export function useSignIns() {
  return useQuery({
    queryKey: signInKeys.all,
    queryFn: () => unwrap(client.GET('/api/v1/sign-ins/', { params: { query: { page_size: 200 } } })),
  })
}

/** Signs out on one device, or everywhere but here. */
export function useEndSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string | 'elsewhere') => {
      if (id === 'elsewhere') await unwrap(client.DELETE('/api/v1/sign-ins/elsewhere/'))
      else await unwrap(client.DELETE('/api/v1/sign-ins/{id}/', { params: { path: { id } } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: signInKeys.all }),
  })
}

/** Who did what on this site, newest first; for administrators. */
export function useAudit(page = 1, search = '') {
  return useQuery({
    queryKey: [...signInKeys.audit, page, search],
    queryFn: () =>
      unwrap(client.GET('/api/v1/audit/', { params: { query: { page, ...(search ? { search } : {}) } } })),
    placeholderData: keepPreviousData,
  })
}
