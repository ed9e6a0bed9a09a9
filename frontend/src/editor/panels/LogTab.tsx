import { useTranslation } from 'react-i18next'
import { storedText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import type { LogLine } from '@/live/runState'
import classes from './Inspector.module.css'
import { LogView } from './LogView'

const NONE: readonly LogLine[] = []

export function LogTab({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const log = useLive((slice) => slice.run?.nodes[node]?.log ?? NONE)
  const lines = log.map(({ text, parts }) => storedText(text, parts))
  const number = useLive((slice) => slice.run?.number ?? 0)
  if (lines.length === 0) return <p className={classes.note}>{t('inspector.noLog')}</p>
  return <LogView lines={lines} name={`run-${number}-${node}`} />
}
