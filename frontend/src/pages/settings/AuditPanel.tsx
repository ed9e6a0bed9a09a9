import { IconListDetails } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useAudit } from '@/api/audit'
import type { AuditLine } from '@/contracts'
import { deviceName } from '@/lib/device'
import { formatMoment } from '@/lib/format'
import { EmptyState, Listing, Table, useListState } from '@/ui'
import styles from './Settings.module.css'

/** What else is known of it, such as the role that was given: “role: owner · release: 3”. */
function detailsOf({ details }: AuditLine): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${name === 'device' ? deviceName(String(value)) : String(value)}`)
    .join(' · ')
}

/** Who did what on this site, newest first. */
export function AuditPanel() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useAudit(state.page, state.search)
  return (
    <div className={styles.stack}>
      <p className={styles.intro}>{t('audit.intro')}</p>
      <Listing
        answer={list}
        state={state}
        empty={<EmptyState icon={IconListDetails} title={t('audit.empty')} />}
      >
        {(lines) => (
          <Table
            label={t('settings.audit')}
            headers={[
              t('audit.what'),
              t('audit.subject'),
              t('audit.who'),
              t('settings.workspace'),
              t('audit.when'),
              t('audit.details'),
            ]}
          >
            {lines.map((line) => (
              <tr key={line.id}>
                <td>{t(`audit.action.${line.action.replace('.', '_')}`, { defaultValue: line.action })}</td>
                <td title={line.subject}>{line.subject || '–'}</td>
                <td>{line.actor ?? '–'}</td>
                <td data-quiet>{line.workspace ?? '–'}</td>
                <td>{formatMoment(line.created_at)}</td>
                <td data-quiet title={detailsOf(line)}>
                  {detailsOf(line) || '–'}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listing>
    </div>
  )
}
