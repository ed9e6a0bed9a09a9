import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Deployment } from '@/contracts'
import { Panel, type Status, StatusBadge } from '@/ui'
import styles from './VersionPage.module.css'

function deploymentStatus({ role, percent }: Deployment, t: TFunction): { status: Status; label: string } {
  switch (role) {
    case 'active':
      return { status: 'done', label: t('releases.serving') }
    case 'canary':
      return { status: 'running', label: t('releases.canary', { percent }) }
    case 'shadow':
      return { status: 'ready', label: t('releases.shadow') }
    case 'former':
      return { status: 'disabled', label: t('version.notAnswering') }
  }
}

/** The endpoints where a version answers or could again, those that answer first. */
export function Deployments({ standings }: { standings: readonly Deployment[] }) {
  const { t } = useTranslation()
  return (
    <Panel isPadded={standings.length === 0}>
      {standings.length === 0 ? (
        <p className={styles.note}>{t('version.noEndpoint')}</p>
      ) : (
        <ul className={styles.rows}>
          {standings.map((each) => (
            <li key={`${each.endpoint} ${each.release}`} className={styles.row}>
              <span className={styles.grow}>
                <Link to={`/endpoints/${each.endpoint}`}>{each.name}</Link>
              </span>
              <span className={styles.quiet}>{t('endpoint.releaseNumber', { number: each.release })}</span>
              <StatusBadge {...deploymentStatus(each, t)} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
