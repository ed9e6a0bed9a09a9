import { useTranslation } from 'react-i18next'
import { useLive } from '@/live/RunContext'
import classes from './Inspector.module.css'
import { LogView } from './LogView'

const NONE: readonly string[] = []

export function LogTab({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const lines = useLive((slice) => slice.run?.nodes[node]?.log ?? NONE)
  const number = useLive((slice) => slice.run?.number ?? 0)
  if (lines.length === 0) return <p className={classes.note}>{t('inspector.noLog')}</p>
  return <LogView lines={lines} name={`run-${number}-${node}`} />
}
