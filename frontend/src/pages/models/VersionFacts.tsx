import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useApprovalRule } from '@/api/approval'
import type { ModelVersion, RegisteredModel } from '@/contracts'
import { formatBytes, formatMoment } from '@/lib/format'
import { StatusBadge } from '@/ui'
import { Names } from './Aliases'

/** Whether a version is approved, by whom, and whether that counts here. */
export function ApprovalBadge({ version }: { version: ModelVersion }) {
  const { t } = useTranslation()
  const { data: rule } = useApprovalRule()
  if (version.refused_at) {
    const name = version.refused_by ?? t('version.somebody')
    return <StatusBadge status="cancelled" label={t('version.refusedBy', { name })} />
  }
  if (!version.approved_at) {
    const isAsked = rule?.needs_approval === true
    return (
      <StatusBadge
        status={isAsked ? 'pending' : 'ready'}
        label={t(isAsked ? 'releases.waits' : 'models.notApproved')}
      />
    )
  }
  const name = version.approved_by ?? t('version.somebody')
  if (version.is_approved) return <StatusBadge status="done" label={t('models.approvedBy', { name })} />
  return <StatusBadge status="warning" label={t('version.approvalVoid', { name })} />
}

export type VersionFactsProps = {
  model: RegisteredModel
  version: ModelVersion
  onUnname: (alias: string) => void
}

/** The line under the name: its names, whether it is approved, who made it and when, what it takes on the disk. */
export function VersionFacts({ model, version, onUnname }: VersionFactsProps) {
  const { t } = useTranslation()
  return (
    <>
      <Names names={version.aliases} onRemove={onUnname} />
      <ApprovalBadge version={version} />
      <span>
        {t('version.made', {
          moment: formatMoment(version.created_at),
          name: version.created_by ?? t('version.somebody'),
        })}
      </span>
      <span>{formatBytes(version.bytes)}</span>
      <Link to={`/models/${model.id}`}>{t('models.versionsCount', { count: model.versions.length })}</Link>
    </>
  )
}
