import { Button, NumberInput } from '@mantine/core'
import { IconArrowsSplit, IconReplace } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Endpoint, Release, Verdict } from '@/contracts'
import { formatAge } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { VerdictLine } from '@/ui'
import classes from './Dialogs.module.css'

const FIRST_PERCENT = 10

interface LiveReleaseQuestionProps {
  readonly endpoint: Endpoint
  readonly live: Release
  /** The verdict on the model that is to be deployed. */
  readonly verdict: Verdict | null
  /** `percent`: the share of the requests that the new release answers; null for all of them. */
  readonly onAnswer: (percent: number | null) => void
}

/** What answers now and what would come instead: nothing that is live is replaced without being asked about. */
export function LiveReleaseQuestion({ endpoint, live, verdict, onAnswer }: LiveReleaseQuestionProps) {
  const { t } = useTranslation('editor')
  const [percent, setPercent] = useState<number | string>(FIRST_PERCENT)
  const share = Number(percent)
  const isShare = percent !== '' && share >= 0 && share <= 100
  return (
    <div data-testid="deploy-question">
      <p className={classes.text}>{t('deploy.liveAt', { name: endpoint.name })}</p>
      <h3 className={classes.release}>
        {t('deploy.liveNow', {
          release: live.number,
          version: live.version,
          age: formatAge(live.created_at),
        })}
      </h3>
      <p className={classes.note}>{metricsLine(live.model.metrics)}</p>
      <VerdictLine verdict={live.model.verdict} />
      <h3 className={classes.release}>{t('deploy.newOne')}</h3>
      {verdict ? <VerdictLine verdict={verdict} /> : <p className={classes.note}>{t('deploy.notJudged')}</p>}
      <NumberInput
        label={t('deploy.share')}
        description={t('deploy.shareHelp')}
        min={0}
        max={100}
        suffix=" %"
        value={percent}
        onChange={setPercent}
      />
      <div className={classes.row}>
        <Button
          variant="default"
          leftSection={<IconArrowsSplit size={16} />}
          disabled={!isShare}
          onClick={() => onAnswer(share)}
          data-testid="deploy-canary"
        >
          {t('deploy.asCanary', { percent: isShare ? share : '–' })}
        </Button>
        <Button
          leftSection={<IconReplace size={16} />}
          onClick={() => onAnswer(null)}
          data-testid="deploy-replace"
        >
          {t('deploy.replace', { release: live.number })}
        </Button>
      </div>
    </div>
  )
}
