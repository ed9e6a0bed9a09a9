import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { client, unwrap } from './client'
import { listQuery } from './listQuery'

export const auditKeys = { all: ['audit'] as const }

/** Where the entries that a search finds are as a file. */
export function auditFile(form: 'csv' | 'json', search = ''): string {
  return `/api/v1/audit/export/?${new URLSearchParams({ form, ...(search ? { search } : {}) })}`
}

/** Who did what on this site, newest first; for administrators. */
export function useAudit(page = 1, search = '', order = '') {
  return useQuery({
    queryKey: [...auditKeys.all, page, search, order],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/audit/', {
          params: { query: listQuery({ page, search, order }) },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}
