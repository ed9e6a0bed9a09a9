import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { useCreateGraph } from '@/api/graphs'
import type { Dataset, ProfileFix } from '@/contracts'
import { documentOfDataset, withFixes } from '@/lib/document'

/**
 * Draws a graph of a data set and opens it: for a column to predict the server's own, which mends what it must,
 * otherwise the source with the chosen fixes behind it.
 */
export function useNewGraph(dataset: Dataset) {
  const navigate = useNavigate()
  const create = useCreateGraph()
  return useMutation({
    mutationFn: ({ name, target, fixes = [] }: { name: string; target?: string; fixes?: ProfileFix[] }) =>
      create.mutateAsync(
        target
          ? { name, dataset: dataset.id, target }
          : { name, document: withFixes(documentOfDataset(dataset.id), fixes) },
      ),
    onSuccess: (graph) => navigate(`/graphs/${graph.id}`),
  })
}
