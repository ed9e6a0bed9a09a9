import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Dataset, ListedDataset, ReadOptions } from '@/contracts'
import { client, unwrap } from './client'
import { listQuery } from './listQuery'

export { type UploadProgress, uploadFile } from './uploads'

const byId = (id: string) => ({ params: { path: { id } } })

export const datasetKeys = {
  all: ['datasets'] as const,
  list: (page: number) => ['datasets', 'list', page] as const,
  one: (id: string) => ['datasets', 'one', id] as const,
  rows: (id: string, version: number) => ['datasets', 'one', id, 'rows', version] as const,
  profile: (id: string, version: number) => ['datasets', 'one', id, 'profile', version] as const,
}

/** Is a reading of its file on its way, the first one or another? */
export function isBeingRead(dataset: ListedDataset | undefined): boolean {
  const status = dataset?.again?.status ?? dataset?.status
  return status === 'pending' || status === 'reading'
}

export function useDatasets(page = 1, pageSize = 50, search = '', order = '') {
  return useQuery({
    queryKey: [...datasetKeys.list(page), pageSize, search, order],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/datasets/', {
          params: { query: listQuery({ page, pageSize, search, order }) },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.results.some(isBeingRead) ? 1_000 : false),
  })
}

/** One data set, or a former version of it; asks again until the server has read it. */
export function useDataset(id: string, version?: number) {
  return useQuery({
    queryKey: version ? [...datasetKeys.one(id), 'version', version] : datasetKeys.one(id),
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/datasets/{id}/', {
          params: { path: { id }, ...(version ? { query: { version } } : {}) },
        }),
      ),
    refetchInterval: (query) => (isBeingRead(query.state.data) ? 400 : false),
    enabled: id !== '',
  })
}

/** Rows `offset` to `offset + limit`; kept for as long as the version is the same. */
export function rowsQuery(dataset: Dataset, offset: number, limit: number) {
  return {
    queryKey: [...datasetKeys.rows(dataset.id, dataset.version), offset, limit],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/datasets/{id}/rows/', {
          params: { path: { id: dataset.id }, query: { offset, limit, version: dataset.version } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: dataset.status === 'ready',
  }
}

export function useProfile(dataset: Dataset) {
  return useQuery({
    queryKey: datasetKeys.profile(dataset.id, dataset.version),
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/datasets/{id}/profile/', {
          params: { path: { id: dataset.id }, query: { version: dataset.version } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: dataset.status === 'ready',
  })
}

/** The graphs that read a data set and the endpoints whose model was made from it. */
export function useDatasetUses(id: string) {
  return useQuery({
    queryKey: [...datasetKeys.one(id), 'uses'],
    queryFn: () => unwrap(client.GET('/api/v1/datasets/{id}/uses/', byId(id))),
  })
}

/** The first rows of the file as they would be read with these options; those before stay until they are there. */
export function useFilePreview(dataset: Dataset, options: ReadOptions) {
  return useQuery({
    queryKey: [...datasetKeys.one(dataset.id), 'preview', options],
    queryFn: () =>
      unwrap(client.POST('/api/v1/datasets/{id}/preview/', { ...byId(dataset.id), body: options })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

/** Has the server read the file once more, as told. */
export function useReadAgain(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: ReadOptions) =>
      unwrap(client.POST('/api/v1/datasets/{id}/read-again/', { ...byId(id), body })),
    onSuccess: (dataset) => queries.setQueryData(datasetKeys.one(id), dataset),
  })
}

export function useRenameDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      unwrap(client.PATCH('/api/v1/datasets/{id}/', { ...byId(id), body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: datasetKeys.all }),
  })
}

export function useDeleteDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE('/api/v1/datasets/{id}/', byId(id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}
