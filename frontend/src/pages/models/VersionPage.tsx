import { Skeleton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import { ApiError } from '@/api/errors'
import { useChangeModel, useModel, useVersion } from '@/api/models'
import type { RegisteredModel, VersionDetail } from '@/contracts'
import { formatMoment } from '@/lib/format'
import { NotFoundPage } from '@/pages/NotFoundPage'
import { ErrorNotice, Page, Section } from '@/ui'
import { CardPanel } from './CardPanel'
import { Deployments } from './Deployments'
import { CodeVersions, Lineage } from './Lineage'
import { Inputs, Metrics } from './Metrics'
import { TrainedBy } from './TrainedBy'
import { VersionActions } from './VersionActions'
import { VersionFacts } from './VersionFacts'
import styles from './VersionPage.module.css'

/** Changes whose refusal is said in the dialog that asked for them. */
const DIALOGS = new Set(['alias', 'refusal'])

function Content({ model, whole }: { model: RegisteredModel; whole: VersionDetail }) {
  const { t } = useTranslation()
  const change = useChangeModel(model.id)
  const { version } = whole
  return (
    <Page
      title={t('version.title', { name: model.name, number: version.number })}
      subtitle={
        <VersionFacts
          model={model}
          version={version}
          onUnname={(alias) => change.mutate({ kind: 'removeAlias', alias })}
        />
      }
      actions={<VersionActions model={model} whole={whole} change={change} />}
    >
      {version.refused_at && version.refused_why ? (
        <p className={styles.refusal}>
          {t('version.refusedBecause', {
            name: version.refused_by ?? t('version.somebody'),
            moment: formatMoment(version.refused_at),
            why: version.refused_why,
          })}
        </p>
      ) : null}
      {change.error && !DIALOGS.has(change.variables.kind) ? <ErrorNotice error={change.error} /> : null}
      <div className={styles.columns}>
        <div className={styles.side}>
          <CardPanel model={model.id} version={version.number} />
          <Section title={t('version.answers')}>
            <Deployments standings={whole.releases} />
          </Section>
          <Section title={t('version.parameters')}>
            <TrainedBy whole={whole} />
          </Section>
        </div>
        <div className={styles.side}>
          <Metrics version={version} />
          <Section title={t('version.lineage')}>
            <Lineage whole={whole} />
          </Section>
          <CodeVersions version={version} />
          <Inputs whole={whole} />
        </div>
      </div>
    </Page>
  )
}

/** One version of a model: what people say of it, how well it does, where it came from and where it answers. */
export function VersionPage() {
  const { t } = useTranslation()
  const { modelId = '', number = '' } = useParams()
  const model = useModel(modelId)
  const whole = useVersion(modelId, Number(number))
  const error = whole.error ?? model.error
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (model.data && whole.data) {
    return <Content key={whole.data.version.id} model={model.data} whole={whole.data} />
  }
  const title = t('models.versionNumber', { number: Number(number) })
  return (
    <Page title={model.data ? t('version.title', { name: model.data.name, number }) : title}>
      {error ? (
        <ErrorNotice error={error} onRetry={() => void Promise.all([model.refetch(), whole.refetch()])} />
      ) : (
        <div className={styles.columns} aria-busy="true">
          <Skeleton height={320} />
          <Skeleton height={320} />
        </div>
      )}
    </Page>
  )
}
