import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Graph, GraphDocument, PredictionTarget, ProfileFix } from '@/contracts'
import { client, unwrap } from './client'
import { listQuery } from './listQuery'
import { NEW_RUNS_MS } from './queryClient'

const byId = (id: string) => ({ params: { path: { id } } })

export const graphKeys = {
  all: ['graphs'] as const,
  list: (page: number) => ['graphs', 'list', page] as const,
  one: (id: string) => ['graphs', 'one', id] as const,
  draft: (id: string) => ['graphs', 'one', id, 'draft'] as const,
  versions: (id: string) => ['graphs', 'one', id, 'versions'] as const,
}

/** Newest first. Their last runs are looked at as often as in the list of runs, so that none is shown as it was. */
export function useGraphs(page = 1, pageSize = 50, search = '', order = '') {
  return useQuery({
    queryKey: [...graphKeys.list(page), pageSize, search, order],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/graphs/', {
          params: { query: listQuery({ page, pageSize, search, order }) },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: NEW_RUNS_MS,
  })
}

export function useGraph(id: string) {
  return useQuery({
    queryKey: graphKeys.one(id),
    queryFn: () => unwrap(client.GET('/api/v1/graphs/{id}/', byId(id))),
  })
}

/** The draft as it was when the graph was opened; the editor holds the document from then on. */
export function useDraft(id: string) {
  return useQuery({
    queryKey: graphKeys.draft(id),
    queryFn: () => unwrap(client.GET('/api/v1/graphs/{id}/draft/', byId(id))),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

/** The draft as it is, for a screen beside the editor, which keeps its own. */
export function useDraftNow(id: string) {
  return useQuery({
    queryKey: [...graphKeys.one(id), 'draft now'],
    queryFn: () => unwrap(client.GET('/api/v1/graphs/{id}/draft/', byId(id))),
  })
}

/** Saves the draft. A 409 is an `ApiError` whose `body` brings the other person's document and revision. */
export function useSaveDraft(id: string) {
  return useMutation({
    mutationFn: (body: { document: GraphDocument; revision: number }) =>
      unwrap(client.PUT('/api/v1/graphs/{id}/draft/', { ...byId(id), body })),
  })
}

/** Asks the server about a document: problems, columns on each edge, and what a run would cost. */
export function useCheck(id: string) {
  return useMutation({
    mutationFn: ({ document, signal }: { document: GraphDocument; signal?: AbortSignal }) =>
      unwrap(
        client.POST('/api/v1/graphs/{id}/check/', {
          ...byId(id),
          body: { document },
          ...(signal ? { signal } : {}),
        }),
      ),
  })
}

export function useVersions(id: string) {
  return useQuery({
    queryKey: graphKeys.versions(id),
    queryFn: () => unwrap(client.GET('/api/v1/graphs/{id}/versions/', byId(id))),
  })
}

/** One saved version; it never changes. */
export function versionQuery(id: string, number: number) {
  return {
    queryKey: [...graphKeys.versions(id), number],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/graphs/{id}/versions/{version}/', {
          params: { path: { id, version: String(number) } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  }
}

export function useGraphVersion(id: string, number: number) {
  return useQuery(versionQuery(id, number))
}

export function useSaveVersion(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { name?: string }) =>
      unwrap(client.POST('/api/v1/graphs/{id}/versions/', { ...byId(id), body })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: graphKeys.one(id), exact: true }),
        queries.invalidateQueries({ queryKey: graphKeys.versions(id) }),
      ]),
  })
}

/** What was chosen about a column to predict; the server guesses what is empty. */
export type PredictionChoice = {
  task: PredictionTarget['task'] | ''
  positive: string
  merges_spellings: boolean
}

export const NOTHING_CHOSEN: PredictionChoice = { task: '', positive: '', merges_spellings: true }

/** How a column of a data set would be predicted; a refusal says why it cannot be. */
export function useTarget(dataset: string, column: string | null, choice: PredictionChoice) {
  return useQuery({
    queryKey: ['targets', dataset, column, choice],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/targets/', { params: { query: { dataset, column: column ?? '', ...choice } } }),
      ),
    enabled: column !== null,
    placeholderData: (before, query) => (query?.queryKey[2] === column ? before : undefined),
    retry: false,
  })
}

export type NewGraph = {
  name: string
  document?: GraphDocument
  template?: string
  dataset?: string
  target?: string
  uses?: Record<string, string>
  fixes?: ProfileFix[]
} & Partial<PredictionChoice>

export function useCreateGraph() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewGraph) => unwrap(client.POST('/api/v1/graphs/', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: graphKeys.all }),
  })
}

export function useRenameGraph() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      unwrap(client.PATCH('/api/v1/graphs/{id}/', { ...byId(id), body: { name } })),
    onSuccess: (graph) => {
      queries.setQueryData(
        graphKeys.one(graph.id),
        (known?: Graph) => known && { ...known, name: graph.name },
      )
      return queries.invalidateQueries({ queryKey: ['graphs', 'list'] })
    },
  })
}

export function useDeleteGraph() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE('/api/v1/graphs/{id}/', byId(id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['graphs', 'list'] }),
  })
}
