import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useDatasetUses } from '@/api/datasets'
import type { Dataset } from '@/contracts'
import { ErrorNotice, LoadingRows, Panel, Section } from '@/ui'
import styles from './UsedIn.module.css'

const SHOWN = 12

function Uses({ title, links }: { title: string; links: readonly { to: string; name: string }[] }) {
  const { t } = useTranslation()
  if (links.length === 0) return null
  return (
    <div className={styles.group}>
      <h3 className={styles.title}>{title}</h3>
      <ul className={styles.links}>
        {links.slice(0, SHOWN).map(({ to, name }) => (
          <li key={to}>
            <Link to={to}>{name}</Link>
          </li>
        ))}
        {links.length > SHOWN ? (
          <li className={styles.rest}>{t('usedIn.more', { count: links.length - SHOWN })}</li>
        ) : null}
      </ul>
    </div>
  )
}

/** The graphs that read the data set, and the endpoints that answer from it. */
export function UsedIn({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const { data, error, refetch } = useDatasetUses(dataset.id)
  const graphs = data?.graphs.map(({ id, name }) => ({ to: `/graphs/${id}`, name })) ?? []
  const endpoints = data?.endpoints.map(({ slug, name }) => ({ to: `/endpoints/${slug}`, name })) ?? []
  return (
    <Section title={t('usedIn.title')}>
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingRows count={2} /> : null}
      {data ? (
        <Panel>
          {graphs.length + endpoints.length === 0 ? (
            <p className={styles.nothing}>{t('usedIn.nothing')}</p>
          ) : (
            <div className={styles.groups}>
              <Uses title={t('usedIn.graphs', { count: graphs.length })} links={graphs} />
              <Uses title={t('usedIn.endpoints', { count: endpoints.length })} links={endpoints} />
            </div>
          )}
        </Panel>
      ) : null}
    </Section>
  )
}
