import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { FigureView } from '@/charts/FigureView'
import type { Traffic } from '@/contracts'
import { formatCount, formatMilliseconds } from '@/lib/format'
import { Panel } from '@/ui'
import styles from './TrafficPanel.module.css'
import { trafficFigures } from './trafficFigures'

/** Requests and errors a minute, and how long the answers took; minutes without requests are gaps. */
function Charts({ traffic }: { traffic: Traffic }) {
  const { t } = useTranslation()
  const { requests, latency } = useMemo(() => trafficFigures(traffic, t), [traffic, t])
  return (
    <>
      <FigureView title={t('endpoint.perMinute')} spec={requests} height={180} keepsViewOf="requests" />
      <FigureView title={t('endpoint.latency')} spec={latency} height={200} keepsViewOf="latency" />
    </>
  )
}

/** How much an endpoint is asked, how fast it answers, and how often it fails. */
export function TrafficPanel({ traffic }: { traffic: Traffic }) {
  const { t } = useTranslation()
  const milliseconds = (value: number | null) => (value === null ? '–' : formatMilliseconds(value))
  const facts: [string, string][] = [
    [t('endpoint.requests'), formatCount(traffic.requests)],
    [t('endpoint.errors'), formatCount(traffic.errors)],
    [t('endpoint.percentile', { of: 50 }), milliseconds(traffic.p50_ms)],
    [t('endpoint.percentile', { of: 95 }), milliseconds(traffic.p95_ms)],
    [t('endpoint.percentile', { of: 99 }), milliseconds(traffic.p99_ms)],
  ]
  return (
    <Panel>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {traffic.per_minute.some(({ requests }) => requests > 0) ? (
        <Charts traffic={traffic} />
      ) : (
        <p className={styles.nothing}>{t('endpoint.noTraffic')}</p>
      )}
    </Panel>
  )
}
