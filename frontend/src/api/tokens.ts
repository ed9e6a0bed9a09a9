import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from './client'
import { type ListPart, listQuery } from './listQuery'

/** What a token may be used for, the narrowest first. */
export const SCOPES = ['read', 'run', 'deploy', 'administer'] as const
export type Scope = (typeof SCOPES)[number]

export type NewToken = { name: string; scopes: Scope[]; expires_at: string | null }

export const tokenKeys = { all: ['tokens'] as const }

export function useTokens(page = 1) {
  return useQuery({
    queryKey: [...tokenKeys.all, page],
    queryFn: () => unwrap(client.GET('/api/v1/tokens/', { params: { query: { page } } })),
    placeholderData: keepPreviousData,
  })
}

/** The tokens of all people; for administrators. */
export function useTokensOfEveryone(part: ListPart) {
  const query = { ...listQuery(part), everyone: true }
  return useQuery({
    queryKey: [...tokenKeys.all, 'everyone', query],
    queryFn: () => unwrap(client.GET('/api/v1/tokens/', { params: { query } })),
    placeholderData: keepPreviousData,
  })
}

/** The secret is in the answer of this call and nowhere else. */
export function useCreateToken() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewToken) => unwrap(client.POST('/api/v1/tokens/', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokenKeys.all }),
  })
}

export function useRevokeToken() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE('/api/v1/tokens/{id}/', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokenKeys.all }),
  })
}
