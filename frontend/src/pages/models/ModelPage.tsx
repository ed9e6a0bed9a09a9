import { Badge, CloseButton, Loader, Modal } from '@mantine/core'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { ApiError } from '@/api/errors'
import { useCard, useChangeModel, useModel } from '@/api/models'
import { useMayEdit } from '@/api/session'
import type { ModelVersion, RegisteredModel } from '@/contracts'
import { formatAge, formatBytes } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { NotFoundPage } from '@/pages/NotFoundPage'
import {
  CodeBlock,
  ConfirmDialog,
  ErrorNotice,
  LoadingRows,
  NameDialog,
  Page,
  Panel,
  StatusBadge,
  Table,
} from '@/ui'
import { type VersionAction, VersionMenu } from './VersionMenu'

function Card({ model, version, onClose }: { model: string; version: number; onClose: () => void }) {
  const { t } = useTranslation()
  const { data, error } = useCard(model, version)
  return (
    <Modal opened onClose={onClose} size="xl" title={t('models.cardOf', { number: version })}>
      {error ? <ErrorNotice error={error} /> : null}
      {data ? <CodeBlock code={data.markdown} label={t('models.card')} /> : <Loader size="sm" />}
    </Modal>
  )
}

/** Names that follow the endpoint, so that nobody takes them away here. */
const FOLLOWING = ['champion', 'challenger']

/** The data sets a version was trained on. */
function dataOf(version: ModelVersion): string[] {
  const data = version.details['data']
  return typeof data === 'object' && data !== null ? Object.keys(data) : []
}

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
  const mayEdit = useMayEdit()
  return (
    <tr>
      <td data-numeric>{version.number}</td>
      <td>
        {version.aliases.map((alias) => (
          <Badge
            key={alias}
            variant="light"
            mr={4}
            tt="none"
            rightSection={
              mayEdit && !FOLLOWING.includes(alias) ? (
                <CloseButton
                  size={14}
                  aria-label={t('models.aliasRemove', { name: alias })}
                  onClick={() => onUnname(alias)}
                />
              ) : null
            }
          >
            {alias}
          </Badge>
        ))}
      </td>
      <td>
        {version.approved_at ? (
          <StatusBadge status="done" label={t('models.approvedBy', { name: version.approved_by })} />
        ) : (
          <StatusBadge status="ready" label={t('models.notApproved')} />
        )}
      </td>
      <td data-quiet>{metricsLine(version.details['metrics'])}</td>
      <td>
        {model.graph ? (
          <Link to={`/graphs/${model.graph}`}>
            {t('models.graphVersion', { version: version.graph_version })}
          </Link>
        ) : (
          t('models.graphVersion', { version: version.graph_version })
        )}
        {version.run ? (
          <>
            {' · '}
            <Link to={`/runs/${version.run}`}>{t('run.number', { number: version.run_number ?? '' })}</Link>
          </>
        ) : null}
        {dataOf(version).map((dataset, index) => (
          <Fragment key={dataset}>
            {' · '}
            <Link to={`/data/${dataset}`}>{t('models.data', { number: index + 1 })}</Link>
          </Fragment>
        ))}
      </td>
      <td data-numeric>{formatBytes(version.bytes)}</td>
      <td>{formatAge(version.created_at)}</td>
      <td data-actions>
        <VersionMenu model={model.id} version={version} onAction={onAction} />
      </td>
    </tr>
  )
}

type Asked = { action: VersionAction; version: ModelVersion }

function Content({ model }: { model: RegisteredModel }) {
  const { t } = useTranslation()
  const change = useChangeModel(model.id)
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = () => {
    change.reset()
    setAsked(null)
  }
  const act = (action: VersionAction, version: ModelVersion) => {
    if (action !== 'approve' && action !== 'withdraw') return setAsked({ action, version })
    change.mutate({ kind: 'approval', version: version.number, isApproved: action === 'approve' })
  }
  const number = asked?.version.number ?? 0
  return (
    <Page title={model.name} subtitle={t('models.versionsCount', { count: model.versions.length })}>
      {change.error && !asked ? <ErrorNotice error={change.error} /> : null}
      <Panel isPadded={false}>
        <Table
          label={t('models.versions')}
          headers={[
            { text: t('models.version'), isNumeric: true },
            t('models.aliases'),
            t('models.approval'),
            t('list.result'),
            t('models.from'),
            { text: t('list.size'), isNumeric: true },
            t('list.created'),
            '',
          ]}
        >
          {model.versions.map((version) => (
            <VersionRow
              key={version.id}
              model={model}
              version={version}
              onAction={(action) => act(action, version)}
              onUnname={(alias) => change.mutate({ kind: 'removeAlias', alias })}
            />
          ))}
        </Table>
      </Panel>
      {asked?.action === 'card' ? <Card model={model.id} version={number} onClose={close} /> : null}
      {asked?.action === 'alias' ? (
        <NameDialog
          title={t('models.aliasTitle', { number })}
          label={t('models.aliasLabel')}
          action={t('models.aliasAction')}
          initial=""
          isBusy={change.isPending}
          error={change.error}
          onSubmit={(alias) => change.mutate({ kind: 'alias', version: number, alias }, { onSuccess: close })}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        isOpen={asked?.action === 'delete'}
        title={t('models.deleteTitle', { number })}
        action={t('action.delete')}
        isDangerous
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate({ kind: 'delete', version: number }, { onSuccess: close })}
        onClose={close}
      >
        {t('models.deleteText', { size: formatBytes(asked?.version.bytes ?? 0) })}
      </ConfirmDialog>
    </Page>
  )
}

/** One model: its versions, what they are called, where they came from, and what they take on the disk. */
export function ModelPage() {
  const { modelId = '' } = useParams()
  const { data, error, refetch } = useModel(modelId)
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (error && !data) return <ErrorNotice error={error} onRetry={() => void refetch()} />
  return data ? <Content key={data.id} model={data} /> : <LoadingRows />
}
