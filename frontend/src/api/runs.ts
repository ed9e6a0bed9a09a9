import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { GraphDocument, Output } from '@/contracts'
import { client, unwrap } from './client'
import { ApiError } from './errors'
import { graphKeys } from './graphs'
import { isMoving } from './isMoving'
import { listQuery } from './listQuery'
import { NEW_RUNS_MS } from './queryClient'

export { isMoving }

const byId = (id: string) => ({ params: { path: { id } } })

export const runKeys = {
  all: ['runs'] as const,
  list: (graph: string | undefined, page: number) => ['runs', 'list', graph ?? null, page] as const,
  one: (id: string) => ['runs', 'one', id] as const,
  output: (id: string, node: string, port: string) => ['runs', 'one', id, 'output', node, port] as const,
}

/** Newest first. It looks for new ones now and then; one that moves is followed by its events where it is shown. */
export function useRuns({
  graph,
  page = 1,
  pageSize = 50,
  search = '',
  order = '',
  state = '',
}: {
  graph?: string
  page?: number
  pageSize?: number
  search?: string
  order?: string
  state?: string
} = {}) {
  return useQuery({
    queryKey: [...runKeys.list(graph, page), pageSize, search, order, state],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/runs/', {
          params: {
            query: {
              ...listQuery({ page, pageSize, search, order }),
              ...(graph ? { graph } : {}),
              ...(state ? { state: state as never } : {}),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: NEW_RUNS_MS,
  })
}

/** One run with its nodes. `follow`: ask again while it moves (the editor listens to events instead). */
export function useRun(id: string, { follow = false }: { follow?: boolean } = {}) {
  return useQuery({
    queryKey: runKeys.one(id),
    queryFn: () => unwrap(client.GET('/api/v1/runs/{id}/', byId(id))),
    refetchInterval: (query) => (follow && isMoving(query.state.data) ? 1_000 : false),
    enabled: id !== '',
  })
}

/** A run as it was when it ended, for lists that look at many. */
export function runQuery(id: string) {
  return {
    queryKey: runKeys.one(id),
    queryFn: () => unwrap(client.GET('/api/v1/runs/{id}/', byId(id))),
    staleTime: 60_000,
  }
}

export function useStartRun(graph: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { to?: string; start?: string; document?: GraphDocument; idempotency_key?: string }) =>
      unwrap(client.POST('/api/v1/graphs/{id}/runs/', { ...byId(graph), body })),
    onSuccess: (run) => {
      queries.setQueryData(runKeys.one(run.id), run)
      void queries.invalidateQueries({ queryKey: ['runs', 'list'] })
      void queries.invalidateQueries({ queryKey: graphKeys.one(graph), exact: true })
    },
  })
}

export function useCancelRun() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.POST('/api/v1/runs/{id}/cancel/', byId(id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: runKeys.all }),
  })
}

/** Goes on from what was finished; the answer is the run that moves now. */
export function useResumeRun() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.POST('/api/v1/runs/{id}/resume/', byId(id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: runKeys.all }),
  })
}

/** When the result that was asked for was removed, if that is what the answer says. */
export function removalIn(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.code !== 'result_removed') return null
  const body = error.body as { removed_at?: unknown }
  return typeof body.removed_at === 'string' ? body.removed_at : null
}

type Place = { run: string; node: string; port: string }

/** What a node gave on one port. Tables come a window at a time. */
export function useOutput(
  { run, node, port }: Place,
  { offset = 0, limit = 100, enabled = true }: { offset?: number; limit?: number; enabled?: boolean } = {},
) {
  return useQuery({
    queryKey: [...runKeys.output(run, node, port), offset, limit],
    queryFn: () =>
      // What is in it depends on the edge, which the interface description cannot say.
      unwrap(
        client.GET('/api/v1/runs/{id}/nodes/{node}/outputs/{port}/', {
          params: { path: { id: run, node, port }, query: { offset, limit } },
        }),
      ) as Promise<Output>,
    // What a finished node gave never changes.
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  })
}
