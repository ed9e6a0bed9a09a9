import { useTranslation } from 'react-i18next'
import { useLive } from '@/live/RunContext'
import { removalOf } from '../nodeAppearance'
import classes from './Inspector.module.css'

/** Stands where the result of a node would: it has not run, or what it gave was removed. */
export function NoResultYet({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const isRemoved = useLive((slice) => removalOf(slice.run?.nodes[node]) !== null)
  return <p className={classes.note}>{t(isRemoved ? 'removed.nothing' : 'inspector.notRun')}</p>
}
