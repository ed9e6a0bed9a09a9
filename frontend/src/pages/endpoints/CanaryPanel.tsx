import { Button, NumberInput, Select, Slider } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Split, useRollback, useSplit } from '@/api/endpoints'
import type { Endpoint } from '@/contracts'
import { warningsIn } from '@/lib/verdict'
import { ErrorNotice, Panel, Reasons } from '@/ui'
import styles from './CanaryPanel.module.css'

const FIRST_PERCENT = 10
const MARGIN = 0.01
const DRIFT = 0.25

/** Changes when the server's division of the traffic does, so that the form starts from it again. */
export function splitOf({ canary, shadow, release }: Endpoint): string {
  return JSON.stringify([canary, shadow, release?.number])
}

function present({ canary, shadow }: Endpoint): Split {
  if (!canary) return { canary: null, shadow }
  const { release, percent, margin, drift } = canary
  return { canary: { release, percent, margin, drift }, shadow }
}

/** Has a second release answer a share of the requests, or none of them while its answers are compared. */
export function CanaryPanel({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const split = useSplit(endpoint.slug)
  const promote = useRollback(endpoint.slug)
  const now = present(endpoint)
  const [canary, setCanary] = useState(now.canary ? String(now.canary.release) : null)
  const [percent, setPercent] = useState(now.canary?.percent ?? FIRST_PERCENT)
  const [margin, setMargin] = useState<number | string>(100 * (now.canary?.margin ?? MARGIN))
  const [drift, setDrift] = useState<number | string>((now.canary ? now.canary.drift : DRIFT) ?? '')
  const [shadow, setShadow] = useState(now.shadow ? String(now.shadow) : null)
  const others = endpoint.releases
    .filter(({ number }) => number !== endpoint.release?.number)
    .map(({ number }) => ({ value: String(number), label: t('endpoint.releaseNumber', { number }) }))
  const limits = { margin: Number(margin) / 100, drift: drift === '' ? null : Number(drift) }
  const wanted: Split = {
    canary: canary ? { release: Number(canary), percent, ...limits } : null,
    shadow: shadow ? Number(shadow) : null,
  }
  const isSame = JSON.stringify(wanted) === JSON.stringify(now)
  const error = split.error ?? promote.error
  const warnings = warningsIn(error)
  const acknowledged = warnings.map(({ code }) => code)
  const apply = (next: Split) => {
    promote.reset()
    split.mutate(next)
  }
  const accept = () => {
    if (split.error) split.mutate({ ...wanted, acknowledged })
    else if (now.canary) promote.mutate({ release: now.canary.release, acknowledged })
  }
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
        <NumberInput
          label={t('canary.margin')}
          description={t('canary.marginText')}
          min={0}
          max={100}
          suffix=" %"
          disabled={canary === null}
          value={margin}
          onChange={setMargin}
        />
        <NumberInput
          label={t('canary.drift')}
          description={t('canary.driftText')}
          min={0.01}
          max={100}
          step={0.05}
          disabled={canary === null}
          value={drift}
          onChange={setDrift}
        />
        <div className={styles.actions}>
          {now.canary ? (
            <>
              <Button
                variant="default"
                loading={split.isPending}
                onClick={() => apply({ canary: null, shadow: now.shadow })}
                data-testid="canary-return"
              >
                {t('canary.takeBack')}
              </Button>
              <Button
                variant="default"
                loading={promote.isPending}
                onClick={() => {
                  split.reset()
                  if (now.canary) promote.mutate({ release: now.canary.release })
                }}
                data-testid="canary-promote"
              >
                {t('canary.promote')}
              </Button>
            </>
          ) : null}
          <Button
            disabled={isSame}
            loading={split.isPending}
            onClick={() => apply(wanted)}
            data-testid="canary-apply"
          >
            {t('canary.apply')}
          </Button>
        </div>
      </div>
      {error && warnings.length === 0 ? <ErrorNotice error={error} /> : null}
      {warnings.length > 0 ? (
        <div role="alert" data-testid="canary-warnings">
          {t('verdict.thinkTwice')}
          <Reasons reasons={warnings} />
          <Button color="red" onClick={accept} data-testid="canary-anyway">
            {t('verdict.anyway')}
          </Button>
        </div>
      ) : null}
    </Panel>
  )
}
