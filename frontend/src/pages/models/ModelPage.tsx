import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { ApiError } from '@/api/errors'
import { useChangeModel, useModel } from '@/api/models'
import type { ModelVersion, RegisteredModel } from '@/contracts'
import { formatAge, formatBytes } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { ErrorNotice, FailedPage, LoadingPage, Page, Panel, Table, TableLink } from '@/ui'
import { Names } from './Aliases'
import { DeleteVersionDialog } from './DeleteVersionDialog'
import { NameVersionDialog } from './NameVersionDialog'
import { ApprovalBadge } from './VersionFacts'
import { type VersionAction, VersionMenu } from './VersionMenu'

function VersionRow({
  model,
  version,
  onAction,
  onUnname,
}: {
  model: RegisteredModel
  version: ModelVersion
  onAction: (action: VersionAction) => void
  onUnname: (alias: string) => void
}) {
  const { t } = useTranslation()
  return (
    <tr>
      <td>
        <TableLink to={`/models/${model.id}/versions/${version.number}`}>
          {t('models.versionNumber', { number: version.number })}
        </TableLink>
      </td>
      <td data-actions="inline">
        <Names names={version.aliases} onRemove={onUnname} />
      </td>
      <td>
        <ApprovalBadge version={version} />
      </td>
      <td data-quiet>{metricsLine(version.details['metrics'])}</td>
      <td data-numeric>{formatBytes(version.bytes)}</td>
      <td>{version.created_by ?? '–'}</td>
      <td>{formatAge(version.created_at)}</td>
      <td data-actions>
        <VersionMenu model={model.id} version={version} onAction={onAction} />
      </td>
    </tr>
  )
}

type ActionToConfirm = { action: VersionAction; version: number }

function Content({ model }: { model: RegisteredModel }) {
  const { t } = useTranslation()
  const change = useChangeModel(model.id)
  const [confirming, setConfirming] = useState<ActionToConfirm | null>(null)
  const close = () => {
    change.reset()
    setConfirming(null)
  }
  const act = (action: VersionAction, version: number) => {
    if (action !== 'approve' && action !== 'withdraw') return setConfirming({ action, version })
    change.mutate({ kind: 'approval', version, isApproved: action === 'approve' })
  }
  const subtitle = (
    <>
      <span>{t('models.versionsCount', { count: model.versions.length })}</span>
      {model.graph ? <Link to={`/graphs/${model.graph}`}>{t('run.openGraph')}</Link> : null}
    </>
  )
  return (
    <Page title={model.name} subtitle={subtitle}>
      {change.error && !confirming ? <ErrorNotice error={change.error} /> : null}
      <Panel isPadded={false}>
        <Table
          label={t('models.versions')}
          headers={[
            t('models.version'),
            t('models.aliases'),
            t('models.approval'),
            t('list.result'),
            { text: t('list.size'), isNumeric: true },
            t('runs.who'),
            t('list.created'),
            '',
          ]}
        >
          {model.versions.map((version) => (
            <VersionRow
              key={version.id}
              model={model}
              version={version}
              onAction={(action) => act(action, version.number)}
              onUnname={(alias) => change.mutate({ kind: 'removeAlias', alias })}
            />
          ))}
        </Table>
      </Panel>
      {confirming?.action === 'alias' ? (
        <NameVersionDialog change={change} version={confirming.version} onClose={close} />
      ) : null}
      {confirming?.action === 'delete' ? (
        <DeleteVersionDialog model={model} version={confirming.version} onClose={close} />
      ) : null}
    </Page>
  )
}

/** One model: its versions, what they are called, whether they are approved, and what they take on the disk. */
export function ModelPage() {
  const { modelId = '' } = useParams()
  const { data, error, refetch } = useModel(modelId)
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (error && !data) return <FailedPage error={error} onRetry={() => void refetch()} />
  return data ? <Content key={data.id} model={data} /> : <LoadingPage />
}
