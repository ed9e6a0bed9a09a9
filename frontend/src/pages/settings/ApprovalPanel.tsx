import { Radio, Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useApprovalRule, useChangeApprovalRule } from '@/api/approval'
import { useMayManage } from '@/api/session'
import type { ApprovalRule } from '@/contracts'
import { listed } from '@/lib/format'
import { ErrorNotice, LoadingRows, Panel } from '@/ui'
import styles from './Settings.module.css'

const APPROVERS = ['owner', 'analyst'] as const

/** What the workspace asks for before a model is released; an owner decides. */
export function ApprovalPanel() {
  const { t } = useTranslation()
  const { data, error, refetch } = useApprovalRule()
  const change = useChangeApprovalRule()
  const mayDecide = useMayManage()
  if (error && !data) return <ErrorNotice error={error} onRetry={() => void refetch()} />
  if (!data) return <LoadingRows count={3} />
  const { names, ...saved } = data
  const rule: ApprovalRule = change.isPending ? change.variables : saved
  const isLocked = !mayDecide || change.isPending
  const set = (part: Partial<ApprovalRule>) => change.mutate({ ...saved, ...part })
  return (
    <div className={styles.stack}>
      <p className={styles.intro}>{t('approval.intro')}</p>
      <Panel>
        <div className={styles.form}>
          <Switch
            label={t('approval.needed')}
            description={t('approval.neededText')}
            checked={rule.needs_approval}
            disabled={isLocked}
            onChange={(event) => set({ needs_approval: event.currentTarget.checked })}
            data-testid="rule-needed"
          />
          <Radio.Group
            label={t('approval.who')}
            description={t('approval.whoText', { names: listed(names) || '–' })}
            value={rule.approvers}
            onChange={(value) => {
              const approvers = APPROVERS.find((each) => each === value)
              if (approvers) set({ approvers })
            }}
          >
            <div className={styles.choices}>
              {APPROVERS.map((each) => (
                <Radio key={each} value={each} label={t(`approval.${each}`)} disabled={isLocked} />
              ))}
            </div>
          </Radio.Group>
          <Switch
            label={t('approval.another')}
            description={t(names.length < 2 ? 'approval.anotherAlone' : 'approval.anotherText')}
            checked={rule.needs_another_person}
            disabled={isLocked}
            onChange={(event) => set({ needs_another_person: event.currentTarget.checked })}
            data-testid="rule-another"
          />
        </div>
      </Panel>
      {change.error ? <ErrorNotice error={change.error} /> : null}
      {mayDecide ? null : <p className={styles.intro}>{t('approval.ownersDecide')}</p>}
    </div>
  )
}
