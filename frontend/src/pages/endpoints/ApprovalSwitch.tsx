import { Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useApprovalRule } from '@/api/approval'
import { useApprovalNeeded } from '@/api/endpoints'
import { useMayManage } from '@/api/session'
import type { Endpoint } from '@/contracts'
import { ErrorNotice } from '@/ui'

/** Whether only approved model versions may answer here; an owner decides. */
export function ApprovalSwitch({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const change = useApprovalNeeded(endpoint.slug)
  const mayDecide = useMayManage()
  const isRule = useApprovalRule().data?.needs_approval === true
  return (
    <>
      <Switch
        label={t('releases.approvalNeeded')}
        description={t(isRule ? 'releases.approvalRule' : 'releases.approvalText')}
        checked={isRule || (change.isPending ? change.variables : endpoint.needs_approval)}
        disabled={isRule || !mayDecide || change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
        w="fit-content"
        data-testid="approval-needed"
      />
      {change.error ? <ErrorNotice error={change.error} /> : null}
    </>
  )
}
