import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'

export const modelKeys = {
  all: ['models'] as const,
  list: (page: number) => ['models', 'list', page] as const,
  one: (id: string) => ['models', 'one', id] as const,
  card: (id: string, version: number) => ['models', 'card', id, version] as const,
}

const byVersion = (id: string, version: number) => ({ params: { path: { id, version: String(version) } } })

/** Models that were published, each with its versions, newest first. */
export function useModels(page = 1, pageSize = 50, search = '') {
  return useQuery({
    queryKey: [...modelKeys.list(page), pageSize, search],
    queryFn: () =>
      take(
        client.GET('/api/v1/models/', {
          params: { query: { page, page_size: pageSize, ...(search ? { search } : {}) } },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}

export function useModel(id: string) {
  return useQuery({
    queryKey: modelKeys.one(id),
    queryFn: () => take(client.GET('/api/v1/models/{id}/', { params: { path: { id } } })),
  })
}

/** What a version is, as Markdown. */
export function useCard(id: string, version: number) {
  return useQuery({
    queryKey: modelKeys.card(id, version),
    queryFn: () => take(client.GET('/api/v1/models/{id}/versions/{version}/card/', byVersion(id, version))),
  })
}

/** Where the browser fetches a version's package. */
export function packageAddress(id: string, version: number): string {
  return `/api/v1/models/${id}/versions/${version}/download/`
}

export type ModelChange =
  | { kind: 'delete'; version: number }
  | { kind: 'approval'; version: number; isApproved: boolean }
  | { kind: 'alias'; version: number; alias: string }
  | { kind: 'removeAlias'; alias: string }

function change(id: string, asked: ModelChange): Promise<unknown> {
  switch (asked.kind) {
    case 'delete':
      return take(client.DELETE('/api/v1/models/{id}/versions/{version}/', byVersion(id, asked.version)))
    case 'approval': {
      const place = byVersion(id, asked.version)
      return asked.isApproved
        ? take(client.PUT('/api/v1/models/{id}/versions/{version}/approval/', place))
        : take(client.DELETE('/api/v1/models/{id}/versions/{version}/approval/', place))
    }
    case 'alias':
      return take(
        client.PUT('/api/v1/models/{id}/aliases/{alias}/', {
          params: { path: { id, alias: asked.alias } },
          body: { version: asked.version },
        }),
      )
    case 'removeAlias':
      return take(
        client.DELETE('/api/v1/models/{id}/aliases/{alias}/', {
          params: { path: { id, alias: asked.alias } },
        }),
      )
  }
}

export function useChangeModel(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (asked: ModelChange) => change(id, asked),
    onSuccess: () => queries.invalidateQueries({ queryKey: modelKeys.all }),
  })
}
