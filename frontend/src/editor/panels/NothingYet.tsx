import { useTranslation } from 'react-i18next'
import classes from './Inspector.module.css'

export function NothingYet() {
  const { t } = useTranslation('editor')
  return <p className={classes.note}>{t('inspector.notRun')}</p>
}
