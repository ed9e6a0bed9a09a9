import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { type PredictionChoice, useCreateGraph } from '@/api/graphs'
import type { Dataset, ProfileFix } from '@/contracts'
import { documentOfDataset, withFixes } from '@/lib/document'

type Wanted = {
  name: string
  target?: string
  uses?: Record<string, string>
  fixes?: ProfileFix[]
  choice?: PredictionChoice
}

/**
 * Draws a graph of a data set and opens it: for a column to predict the server's own, which uses columns
 * as decided and has the chosen fixes, otherwise the source with the chosen fixes behind it.
 */
export function useNewGraph(dataset: Dataset) {
  const navigate = useNavigate()
  const create = useCreateGraph()
  return useMutation({
    mutationFn: ({ name, target, uses = {}, fixes = [], choice }: Wanted) =>
      create.mutateAsync(
        target
          ? { name, dataset: dataset.id, target, uses, fixes, ...choice }
          : { name, document: withFixes(documentOfDataset(dataset.id), fixes) },
      ),
    onSuccess: (graph) => navigate(`/graphs/${graph.id}`),
  })
}
