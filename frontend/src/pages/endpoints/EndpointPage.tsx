import { Tabs } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'react-router'
import { useEndpoint } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { useMayEdit } from '@/api/session'
import type { Endpoint } from '@/contracts'
import { GraphSteps } from '@/editor/panels/GraphSteps'
import { formatAge } from '@/lib/format'
import { isRecord, storedText } from '@/lib/messages'
import { NotFoundPage } from '@/pages/NotFoundPage'
import {
  CopyButton,
  ErrorNotice,
  FailedPage,
  LoadingPage,
  Page,
  Panel,
  SecretNotice,
  Section,
  StatusBadge,
  VerdictLine,
} from '@/ui'
import { ApprovalSwitch } from './ApprovalSwitch'
import { Batch } from './Batch'
import { CanaryPanel, splitOf } from './CanaryPanel'
import { Code } from './Code'
import { Comparison } from './Comparison'
import { Drift } from './Drift'
import { EndpointMenu } from './EndpointMenu'
import styles from './EndpointPage.module.css'
import { statusOfEndpoint } from './endpointStatus'
import { Keys } from './Keys'
import { Releases } from './Releases'
import { TrafficPanel } from './TrafficPanel'
import { TryIt } from './TryIt'

function Address({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const address = `${endpoint.url}/predict`
  return (
    <div className={styles.address}>
      <span className={styles.method}>POST</span>
      <code className={styles.url}>{address}</code>
      <CopyButton text={address} label={t('endpoint.copyAddress')} />
    </div>
  )
}

/** The key made a moment ago: deploying hands it over in the state of the address, never in the address itself. */
function keyFrom(state: unknown): string | null {
  const key = isRecord(state) ? state['key'] : null
  return typeof key === 'string' && key !== '' ? key : null
}

/** What to know of the deploy that led here. */
function noticeFrom(state: unknown): string {
  if (!isRecord(state) || typeof state['notice'] !== 'string') return ''
  return storedText(state['notice'], state['notice_parts'])
}

/** Nothing answers here before the model of the first release was approved. */
function Waiting({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const [newest] = endpoint.releases
  return (
    <p className={styles.notice}>
      {t(newest?.is_approved ? 'releases.firstApproved' : 'releases.firstWaits')}{' '}
      {newest?.registered && !newest.is_approved ? (
        <Link to={`/models/${newest.registered}/versions/${newest.model_version}`}>
          {t('models.versionNumber', { number: newest.model_version })}
        </Link>
      ) : null}
    </p>
  )
}

/** What the endpoint answers, tried here and written as code, and what it was asked. */
function Use({ endpoint, apiKey }: { endpoint: Endpoint; apiKey: string | null }) {
  const { t } = useTranslation()
  return (
    <div className={styles.columns}>
      <Section title={t('endpoint.try')}>
        <Tabs defaultValue="row">
          <Tabs.List>
            <Tabs.Tab value="row">{t('endpoint.oneRow')}</Tabs.Tab>
            <Tabs.Tab value="file">{t('endpoint.wholeFile')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="row" pt="md">
            <TryIt key={endpoint.release?.number} endpoint={endpoint} />
          </Tabs.Panel>
          <Tabs.Panel value="file" pt="md">
            <Batch endpoint={endpoint} />
          </Tabs.Panel>
        </Tabs>
      </Section>
      <div className={styles.side}>
        <Section title={t('endpoint.code')}>
          <Code endpoint={endpoint} apiKey={apiKey} />
        </Section>
        <Section title={t('endpoint.traffic')}>
          <TrafficPanel traffic={endpoint.traffic} />
        </Section>
      </div>
    </div>
  )
}

function Content({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  const { state } = useLocation()
  const [key, setKey] = useState<string | null>(() => keyFrom(state))
  const notice = endpoint.state === 'ready' ? '' : noticeFrom(state)
  const subtitle = (
    <>
      <StatusBadge {...statusOfEndpoint(endpoint, t)} />
      {endpoint.release ? (
        <span>{t('endpoint.predicts', { target: endpoint.release.model.target })}</span>
      ) : null}
      {endpoint.release ? (
        <span>{t('endpoint.releaseNumber', { number: endpoint.release.number })}</span>
      ) : null}
      {endpoint.graph ? <Link to={`/graphs/${endpoint.graph}`}>{t('run.openGraph')}</Link> : null}
    </>
  )
  return (
    <Page
      title={endpoint.name}
      subtitle={subtitle}
      actions={mayEdit ? <EndpointMenu endpoint={endpoint} /> : null}
    >
      <Address endpoint={endpoint} />
      <VerdictLine verdict={endpoint.release?.model.verdict} />
      <GraphSteps
        graph={endpoint.graph}
        verdict={endpoint.release?.model.verdict}
        version={endpoint.version}
      />
      {endpoint.failure ? (
        <ErrorNotice error={new Error(storedText(endpoint.failure, endpoint.failure_parts))} />
      ) : null}
      {notice ? <p className={styles.notice}>{notice}</p> : null}
      {endpoint.returned ? (
        <p className={styles.notice}>
          {t('canary.returned', {
            number: endpoint.returned.release,
            age: formatAge(endpoint.returned.at),
            why: storedText(endpoint.returned.why, endpoint.returned.why_parts),
          })}
        </p>
      ) : null}
      {key ? <SecretNotice secret={key} onClose={() => setKey(null)} /> : null}
      {endpoint.release ? <Use endpoint={endpoint} apiKey={key} /> : <Waiting endpoint={endpoint} />}
      <Tabs defaultValue={endpoint.release ? 'keys' : 'releases'} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="keys">{t('endpoint.keys')}</Tabs.Tab>
          <Tabs.Tab value="releases">{t('endpoint.releases')}</Tabs.Tab>
          <Tabs.Tab value="drift">{t('drift.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys" pt="md">
          <Panel isPadded={false}>
            <Keys endpoint={endpoint} onCreated={setKey} />
          </Panel>
        </Tabs.Panel>
        <Tabs.Panel value="releases" pt="md">
          <div className={styles.side}>
            {mayEdit && endpoint.releases.length > 1 ? (
              <Section title={t('canary.title')}>
                <CanaryPanel key={splitOf(endpoint)} endpoint={endpoint} />
              </Section>
            ) : null}
            <Comparison endpoint={endpoint} />
            <ApprovalSwitch endpoint={endpoint} />
            <Panel isPadded={false}>
              <Releases endpoint={endpoint} />
            </Panel>
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="drift" pt="md">
          <Drift key={endpoint.release?.number} endpoint={endpoint} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

/** One endpoint: where it is, how it is asked, what it answers, who may ask, and how it does. */
export function EndpointPage() {
  const { slug = '' } = useParams()
  const { data, error, refetch } = useEndpoint(slug)
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />
  if (error && !data) return <FailedPage error={error} onRetry={() => void refetch()} />
  return data ? <Content key={data.slug} endpoint={data} /> : <LoadingPage />
}
