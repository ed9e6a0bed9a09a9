import { useDatasets } from '@/api/datasets'

/** The name of a data set by its id; the id's beginning until the list has come. */
export function useDatasetName(id: string): string {
  const { data } = useDatasets()
  return data?.results.find((dataset) => dataset.id === id)?.name ?? id.slice(0, 8)
}
