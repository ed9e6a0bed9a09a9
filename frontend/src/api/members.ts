import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { WorkspaceRole } from '@/contracts'
import { client, unwrap } from './client'

export const memberKeys = { all: ['members'] as const }

export function useMembers(page = 1) {
  return useQuery({
    queryKey: [...memberKeys.all, page],
    queryFn: () => unwrap(client.GET('/api/v1/members/', { params: { query: { page } } })),
    placeholderData: keepPreviousData,
  })
}

export function useAddMember() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { username: string; password?: string; email?: string; role: WorkspaceRole }) =>
      unwrap(client.POST('/api/v1/members/', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: memberKeys.all }),
  })
}

export function useChangeRole() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, role }: { id: string; role: WorkspaceRole }) =>
      unwrap(client.PATCH('/api/v1/members/{id}/', { params: { path: { id } }, body: { role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: memberKeys.all }),
  })
}

export function useRemoveMember() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE('/api/v1/members/{id}/', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: memberKeys.all }),
  })
}
