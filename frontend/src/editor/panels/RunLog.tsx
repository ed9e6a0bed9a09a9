import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useLive } from '@/live/RunContext'
import { LogView } from './LogView'
import classes from './RunPanel.module.css'

/** What every node said, node after node. */
export function RunLog() {
  const { t } = useTranslation('editor')
  const run = useLive((slice) => slice.run)
  const lines = useMemo(
    () =>
      (run?.order ?? []).flatMap((id) =>
        (run?.nodes[id]?.log ?? []).map((line) => `${id.padEnd(14)} ${line}`),
      ),
    [run],
  )
  if (lines.length === 0) return <p className={classes.soft}>{t('run.noLog')}</p>
  return <LogView lines={lines} name={`run-${run?.number ?? 0}`} />
}
