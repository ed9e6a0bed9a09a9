import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from './client'
import { listQuery } from './listQuery'

export const modelKeys = {
  all: ['models'] as const,
  list: (page: number) => ['models', 'list', page] as const,
  one: (id: string) => ['models', 'one', id] as const,
  version: (id: string, version: number) => ['models', 'version', id, version] as const,
  card: (id: string, version: number) => ['models', 'card', id, version] as const,
}

const byVersion = (id: string, version: number) => ({ params: { path: { id, version: String(version) } } })

/** Models that were published, each with its versions, newest first. */
export function useModels(page = 1, pageSize = 50, search = '', order = '') {
  return useQuery({
    queryKey: [...modelKeys.list(page), pageSize, search, order],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/models/', {
          params: { query: listQuery({ page, pageSize, search, order }) },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}

export function useModel(id: string) {
  return useQuery({
    queryKey: modelKeys.one(id),
    queryFn: () => unwrap(client.GET('/api/v1/models/{id}/', { params: { path: { id } } })),
  })
}

/** A version with where it came from, where it answers, and what deleting it would do. */
export function useVersion(id: string, version: number) {
  return useQuery({
    queryKey: modelKeys.version(id, version),
    queryFn: () => unwrap(client.GET('/api/v1/models/{id}/versions/{version}/', byVersion(id, version))),
  })
}

/** What stands on the card of a version. */
export function useCard(id: string, version: number) {
  return useQuery({
    queryKey: modelKeys.card(id, version),
    queryFn: () => unwrap(client.GET('/api/v1/models/{id}/versions/{version}/card/', byVersion(id, version))),
  })
}

/** Every text that stood on the card, newest first. */
export function useCardTexts(id: string, version: number, page: number) {
  return useQuery({
    queryKey: [...modelKeys.card(id, version), 'texts', page],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/models/{id}/versions/{version}/card/texts/', {
          params: { path: { id, version: String(version) }, query: { page } },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}

/** Puts a text on the card; a 409 is an `ApiError` whose `body` brings what somebody else wrote. */
export function useWriteCard(id: string, version: number) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { text: string; after: number }) =>
      unwrap(client.PUT('/api/v1/models/{id}/versions/{version}/card/', { ...byVersion(id, version), body })),
    onSuccess: (card) => {
      queries.setQueryData(modelKeys.card(id, version), card)
      return queries.invalidateQueries({ queryKey: [...modelKeys.card(id, version), 'texts'] })
    },
  })
}

/** Has a version answer. The key in the answer is shown once and never again. */
export function useDeployVersion(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ version, acknowledged }: { version: number; acknowledged: string[] }) =>
      unwrap(
        client.POST('/api/v1/models/{id}/versions/{version}/deploy/', {
          params: { path: { id, version } },
          body: { acknowledged },
        }),
      ),
    // A refused deploy, too, leaves a release behind that waits.
    onSettled: () => queries.invalidateQueries(),
  })
}

/** Deletes a version and says what that freed. The page of the version is the one thing not asked for again. */
export function useDeleteVersion(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (version: number) =>
      unwrap(client.DELETE('/api/v1/models/{id}/versions/{version}/', byVersion(id, version))),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['models', 'list'] })
      void queries.invalidateQueries({ queryKey: modelKeys.one(id) })
    },
  })
}

/** Where the browser fetches a version's package. */
export function packageAddress(id: string, version: number): string {
  return `/api/v1/models/${id}/versions/${version}/download/`
}

export type ModelChange =
  | { kind: 'approval'; version: number; isApproved: boolean }
  | { kind: 'refusal'; version: number; why: string }
  | { kind: 'alias'; version: number; alias: string }
  | { kind: 'removeAlias'; alias: string }

function change(id: string, asked: ModelChange): Promise<unknown> {
  switch (asked.kind) {
    case 'approval': {
      const place = byVersion(id, asked.version)
      return asked.isApproved
        ? unwrap(client.PUT('/api/v1/models/{id}/versions/{version}/approval/', place))
        : unwrap(client.DELETE('/api/v1/models/{id}/versions/{version}/approval/', place))
    }
    case 'refusal':
      return unwrap(
        client.PUT('/api/v1/models/{id}/versions/{version}/refusal/', {
          ...byVersion(id, asked.version),
          body: { why: asked.why },
        }),
      )
    case 'alias':
      return unwrap(
        client.PUT('/api/v1/models/{id}/aliases/{alias}/', {
          params: { path: { id, alias: asked.alias } },
          body: { version: asked.version },
        }),
      )
    case 'removeAlias':
      return unwrap(
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
