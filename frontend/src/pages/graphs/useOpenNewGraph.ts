import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { type NewGraph, useCreateGraph } from '@/api/graphs'

/** Makes a graph and opens it. */
export function useOpenNewGraph() {
  const navigate = useNavigate()
  const create = useCreateGraph()
  return useMutation({
    mutationFn: (body: NewGraph) => create.mutateAsync(body),
    onSuccess: (graph) => navigate(`/graphs/${graph.id}`),
  })
}
