import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ApprovalRule, ModelVersion } from '@/contracts'
import { client, unwrap } from './client'
import { endpointKeys } from './endpoints'
import { modelKeys } from './models'
import { useMayManage, useSession, useWorkspace } from './session'

export const approvalKeys = { rule: ['approval-rule'] as const }

/** What the workspace asks for before a model is released. */
export function useApprovalRule() {
  return useQuery({
    queryKey: approvalKeys.rule,
    queryFn: () => unwrap(client.GET('/api/v1/approval-rule/')),
    staleTime: 60_000,
  })
}

export function useChangeApprovalRule() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: ApprovalRule) => unwrap(client.PUT('/api/v1/approval-rule/', { body })),
    onSuccess: (rule) => {
      queries.setQueryData(approvalKeys.rule, rule)
      // Whether an approval counts, and what may answer, follows the rule.
      void queries.invalidateQueries({ queryKey: modelKeys.all })
      void queries.invalidateQueries({ queryKey: endpointKeys.all })
    },
  })
}

/** May this person approve the version, by the workspace's rule? Its maker may not where another person has to. */
export function useMayApprove(): (version: ModelVersion) => boolean {
  const { data: rule } = useApprovalRule()
  const { data: session } = useSession()
  const isOwner = useMayManage()
  const isAnalyst = useWorkspace()?.role === 'analyst'
  return (version) => {
    if (!rule || !(isOwner || (isAnalyst && rule.approvers === 'analyst'))) return false
    return !rule.needs_another_person || version.created_by !== session?.user?.username
  }
}
