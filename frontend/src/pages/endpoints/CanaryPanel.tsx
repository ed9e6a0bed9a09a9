import { Button, Select, Slider } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSplit } from '@/api/endpoints'
import type { Endpoint } from '@/contracts'
import { ErrorNotice, Panel } from '@/ui'
import styles from './CanaryPanel.module.css'

const FIRST_PERCENT = 10
const MARGIN = 0.01

/** Changes when the server's division of the traffic does, so that the form starts from it again. */
export function splitOf({ canary, shadow, release }: Endpoint): string {
  return JSON.stringify([canary, shadow, release?.number])
}

/** Has a second release answer a share of the requests, or none of them while its answers are compared. */
export function CanaryPanel({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const split = useSplit(endpoint.slug)
  const [canary, setCanary] = useState(endpoint.canary ? String(endpoint.canary.release) : null)
  const [percent, setPercent] = useState(endpoint.canary?.percent ?? FIRST_PERCENT)
  const [shadow, setShadow] = useState(endpoint.shadow ? String(endpoint.shadow) : null)
  const others = endpoint.releases
    .filter(({ number }) => number !== endpoint.release?.number)
    .map(({ number }) => ({ value: String(number), label: t('endpoint.releaseNumber', { number }) }))
  const wanted = {
    canary: canary ? { release: Number(canary), percent, margin: endpoint.canary?.margin ?? MARGIN } : null,
    shadow: shadow ? Number(shadow) : null,
  }
  const now = {
    canary: endpoint.canary
      ? {
          release: endpoint.canary.release,
          percent: endpoint.canary.percent,
          margin: endpoint.canary.margin,
        }
      : null,
    shadow: endpoint.shadow,
  }
  const isSame = JSON.stringify(wanted) === JSON.stringify(now)
  return (
    <Panel>
      <div className={styles.form}>
        <Select
          label={t('canary.canary')}
          description={t('canary.canaryText')}
          placeholder={t('canary.none')}
          data={others}
          value={canary}
          clearable
          onChange={setCanary}
        />
        <div>
          <div className={styles.label}>{t('canary.share', { percent })}</div>
          <Slider
            min={0}
            max={100}
            step={1}
            value={percent}
            disabled={canary === null}
            thumbLabel={t('canary.shareLabel')}
            label={(value) => `${value} %`}
            onChange={setPercent}
          />
        </div>
        <Select
          label={t('canary.shadow')}
          description={t('canary.shadowText')}
          placeholder={t('canary.none')}
          data={others.filter(({ value }) => value !== canary)}
          value={shadow}
          clearable
          onChange={setShadow}
        />
        <Button disabled={isSame} loading={split.isPending} onClick={() => split.mutate(wanted)}>
          {t('canary.apply')}
        </Button>
      </div>
      {split.error ? <ErrorNotice error={split.error} /> : null}
    </Panel>
  )
}
