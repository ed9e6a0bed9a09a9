import { Button } from '@mantine/core'
import { IconDownload, IconListDetails } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { auditFile, useAudit } from '@/api/audit'
import { formatMoment } from '@/lib/format'
import { EmptyState, Listing, Table, useListState } from '@/ui'
import { detailsText, subjectText } from './auditDetails'
import styles from './Settings.module.css'

const FORMS = ['csv', 'json'] as const

/** Who did what on this site, newest first. */
export function AuditPanel() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useAudit(state.page, state.search, state.order)
  return (
    <div className={styles.stack}>
      <div className={styles.choice}>
        <p className={styles.intro}>{t('audit.intro')}</p>
        <div className={styles.actions}>
          {FORMS.map((form) => (
            <Button
              key={form}
              component="a"
              href={auditFile(form, state.search)}
              download
              variant="default"
              size="xs"
              leftSection={<IconDownload size={14} />}
            >
              {`${t('audit.export')} ${form.toUpperCase()}`}
            </Button>
          ))}
        </div>
      </div>
      <Listing
        answer={list}
        state={state}
        empty={<EmptyState icon={IconListDetails} title={t('audit.empty')} />}
      >
        {(lines) => (
          <Table
            state={state}
            label={t('settings.audit')}
            headers={[
              { text: t('audit.what'), order: 'action' },
              { text: t('audit.subject'), order: 'subject' },
              { text: t('audit.who'), order: 'who' },
              t('settings.workspace'),
              { text: t('audit.when'), order: 'when' },
              t('audit.details'),
            ]}
          >
            {lines.map((line) => (
              <tr key={line.id}>
                <td>{t(`audit.action.${line.action.replace('.', '_')}`, { defaultValue: line.action })}</td>
                <td title={subjectText(line)}>{subjectText(line) || '–'}</td>
                <td>{line.actor ?? '–'}</td>
                <td data-quiet>{line.workspace ?? '–'}</td>
                <td>{formatMoment(line.created_at)}</td>
                <td data-quiet data-whole>
                  {detailsText(line) || '–'}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listing>
    </div>
  )
}
