import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Answer, Cell } from '@/contracts'
import { bodyOf, client, pageHeaders, unwrap } from './client'
import { ApiError, errorFrom } from './errors'
import { graphKeys } from './graphs'
import { listQuery } from './listQuery'

const bySlug = (slug: string) => ({ params: { path: { slug } } })

export const endpointKeys = {
  all: ['endpoints'] as const,
  list: ['endpoints', 'list'] as const,
  one: (slug: string) => ['endpoints', 'one', slug] as const,
  drift: (slug: string) => ['endpoints', 'drift', slug] as const,
}

export function useEndpoints(pageSize = 50, page = 1, search = '', order = '') {
  return useQuery({
    queryKey: [...endpointKeys.list, pageSize, page, search, order],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/endpoints/', {
          params: { query: listQuery({ page, pageSize, search, order }) },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
}

/** One endpoint; its traffic is read anew every five seconds while the page is open. */
export function useEndpoint(slug: string) {
  return useQuery({
    queryKey: endpointKeys.one(slug),
    queryFn: () => unwrap(client.GET('/api/v1/endpoints/{slug}/', bySlug(slug))),
    refetchInterval: 5_000,
  })
}

/** The endpoint of a Deploy node, read anew each time it is asked about; null where nothing was deployed yet. */
export function useEndpointOf(graph: string, node: string | undefined) {
  return useQuery({
    queryKey: [...endpointKeys.all, 'of', graph, node],
    queryFn: async () => {
      const { results } = await unwrap(
        client.GET('/api/v1/endpoints/', { params: { query: { graph, page_size: 100 } } }),
      )
      return results.find((each) => each.node === node) ?? null
    },
    enabled: node !== undefined,
    gcTime: 0,
    staleTime: 0,
  })
}

/** How far rows and answers have moved from training; read anew while it is looked at. */
export function useDrift(slug: string, hours: number, release?: number) {
  return useQuery({
    queryKey: [...endpointKeys.drift(slug), hours, release],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/endpoints/{slug}/drift/', {
          params: { path: { slug }, query: { hours, ...(release ? { release } : {}) } },
        }),
      ),
    refetchInterval: 10_000,
  })
}

/** Deploys the graph's latest finished run. The key in the answer is shown once and never again. */
export function useDeploy(graph: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: {
      node?: string
      name?: string
      acknowledged?: string[]
      canary_percent?: number | null
    }) => unwrap(client.POST('/api/v1/graphs/{id}/deploy/', { params: { path: { id: graph } }, body })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: endpointKeys.all })
      void queries.invalidateQueries({ queryKey: graphKeys.one(graph), exact: true })
    },
  })
}

export function useRenameEndpoint(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(client.PATCH('/api/v1/endpoints/{slug}/', { ...bySlug(slug), body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.all }),
  })
}

export function useDeleteEndpoint() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (slug: string) => unwrap(client.DELETE('/api/v1/endpoints/{slug}/', bySlug(slug))),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.list }),
  })
}

/** Whom a key is for and what it may do; 0 requests mean as many as come. */
export type NewKey = {
  name: string
  per_second: number
  per_day: number
  expires_at: string | null
  scopes: ('predict' | 'metadata')[]
}

export function useCreateKey(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewKey) =>
      unwrap(client.POST('/api/v1/endpoints/{slug}/keys/', { ...bySlug(slug), body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.one(slug) }),
  })
}

const byKey = (slug: string, key: string) => ({ params: { path: { slug, key } } })

/** Changes what a key may do and what it is called. */
export function useChangeKey(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, ...body }: NewKey & { id: string }) =>
      unwrap(client.PUT('/api/v1/endpoints/{slug}/keys/{key}/', { ...byKey(slug, id), body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.one(slug) }),
  })
}

/** Makes a second key for the same consumer; the first one goes on for some hours. */
export function useRenewKey(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, hours }: { id: string; hours: number }) =>
      unwrap(
        client.POST('/api/v1/endpoints/{slug}/keys/{key}/renew/', {
          ...byKey(slug, id),
          body: { overlap_hours: hours },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.one(slug) }),
  })
}

export function useRevokeKey(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/v1/endpoints/{slug}/keys/{key}/', { params: { path: { slug, key: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.one(slug) }),
  })
}

export function useRollback(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ release, acknowledged = [] }: { release: number; acknowledged?: string[] }) =>
      unwrap(
        client.POST('/api/v1/endpoints/{slug}/rollback/', {
          ...bySlug(slug),
          body: { release, acknowledged },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: endpointKeys.all }),
  })
}

type PredictionOptions = { explain?: boolean; interval?: number }

/** The option that the endpoint refused: not every model gives intervals, and some cannot be explained. */
function unsupportedOption(error: unknown, options: PredictionOptions): keyof PredictionOptions | undefined {
  const names = Object.keys(options) as (keyof PredictionOptions)[]
  return names.find((name) => error instanceof ApiError && error.problems.some(({ at }) => at === name))
}

async function predictRow(
  slug: string,
  row: Record<string, Cell>,
  options: PredictionOptions,
): Promise<Answer> {
  try {
    return await unwrap(
      client.POST('/api/v1/endpoints/{slug}/try/', { ...bySlug(slug), body: { rows: [row], ...options } }),
    )
  } catch (error) {
    const unsupported = unsupportedOption(error, options)
    if (!unsupported) throw error
    const { [unsupported]: _refused, ...rest } = options
    return predictRow(slug, row, rest)
  }
}

/** Predicts one row, with the explanation and, for numbers, the interval where the model supports them. */
export function useTry(slug: string, options: PredictionOptions) {
  return useMutation({ mutationFn: (row: Record<string, Cell>) => predictRow(slug, row, options) })
}

/** The answer to CSV text, as CSV text. */
export async function predictTable(slug: string, text: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`/api/v1/endpoints/${slug}/batch/`, {
    method: 'POST',
    headers: { ...pageHeaders(), 'Content-Type': 'text/csv' },
    body: text,
    signal: signal ?? null,
  })
  if (!response.ok) throw errorFrom(response.status, await bodyOf(response))
  return response.text()
}

export type Split = {
  canary: { release: number; percent: number; margin: number; drift: number | null } | null
  shadow: number | null
}

/** Has a canary or a shadow beside the release that answers. */
export function useSplit(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Split & { acknowledged?: string[] }) =>
      unwrap(client.PUT('/api/v1/endpoints/{slug}/traffic/', { ...bySlug(slug), body })),
    onSuccess: (endpoint) => queries.setQueryData(endpointKeys.one(slug), endpoint),
  })
}

/** Has only approved model versions answer from now on, or any. */
export function useApprovalNeeded(slug: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (is_needed: boolean) =>
      unwrap(client.PUT('/api/v1/endpoints/{slug}/approval/', { ...bySlug(slug), body: { is_needed } })),
    onSuccess: (endpoint) => queries.setQueryData(endpointKeys.one(slug), endpoint),
  })
}
