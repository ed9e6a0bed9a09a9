import { useDataset } from '@/api/datasets'

/** The name of a data set by its id; the id's beginning until it is known. */
export function useDatasetName(id: string): string {
  const { data } = useDataset(id)
  return data?.name ?? id.slice(0, 8)
}
