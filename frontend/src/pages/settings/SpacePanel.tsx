import { Button } from '@mantine/core'
import { IconDatabaseOff, IconEraser } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isFreeing, useSpace } from '@/api/space'
import type { CleanupRequest, Space } from '@/contracts'
import { formatAge, formatBytes, formatCount, formatMoment } from '@/lib/format'
import { storedText } from '@/lib/messages'
import { EmptyState, ErrorNotice, LoadingRows, Panel, Section, StatusBadge, Table } from '@/ui'
import { FreeSpaceDialog } from './FreeSpaceDialog'
import styles from './Settings.module.css'
import space from './Space.module.css'

const KINDS = ['results', 'datasets', 'models', 'uploads', 'checkpoints'] as const

/** What the store of the whole site holds, its limit, what was freed, and freeing more at once. */
export function SpacePanel() {
  const { t } = useTranslation()
  const { data, error, refetch } = useSpace()
  const [isAsking, setAsking] = useState(false)
  const going = data?.clearings.find(isFreeing)
  return (
    <div className={styles.stack}>
      <p className={styles.intro}>{t('space.intro')}</p>
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {data ? (
        <Panel>
          {data.looked_at ? <Used found={data} /> : <p className={styles.intro}>{t('space.notLooked')}</p>}
          <div className={space.foot}>
            <Outcome latest={going ?? data.clearings.find(({ reason }) => reason === 'asked')} />
            <Button
              variant="default"
              leftSection={<IconEraser size={16} />}
              loading={going !== undefined}
              onClick={() => setAsking(true)}
            >
              {t('space.free')}
            </Button>
          </div>
        </Panel>
      ) : null}
      {!data && !error ? <LoadingRows count={3} /> : null}
      {data ? <Freed clearings={data.clearings} /> : null}
      {isAsking ? <FreeSpaceDialog onClose={() => setAsking(false)} /> : null}
    </div>
  )
}

/** How full it is, as a bar and as figures. */
function Used({ found }: { found: Space }) {
  const { t } = useTranslation()
  const total = KINDS.reduce((sum, kind) => sum + found.used[kind], 0)
  const isOver = found.limit_bytes > 0 && found.bytes > found.limit_bytes
  const whole = Math.max(total, found.limit_bytes, 1)
  return (
    <>
      <p className={space.headline}>
        <strong>{formatBytes(total)}</strong>
        <span>{t('space.taken')}</span>
        {found.disk_free_bytes != null ? (
          <span className={space.aside}>
            {t('space.diskFree', { size: formatBytes(found.disk_free_bytes) })}
          </span>
        ) : null}
      </p>
      <div className={space.bar} aria-hidden>
        {KINDS.map((kind) => (
          <span key={kind} data-kind={kind} style={{ width: `${(100 * found.used[kind]) / whole}%` }} />
        ))}
      </div>
      <dl className={space.kinds}>
        {KINDS.map((kind) => (
          <div key={kind}>
            <dt>
              <span className={space.dot} data-kind={kind} aria-hidden />
              {t(`space.kind.${kind}`)}
            </dt>
            <dd>{formatBytes(found.used[kind])}</dd>
          </div>
        ))}
      </dl>
      <p className={space.limit} data-over={isOver}>
        {found.limit_bytes > 0
          ? t(isOver ? 'space.overLimit' : 'space.limit', {
              used: formatBytes(found.bytes),
              limit: formatBytes(found.limit_bytes),
            })
          : t('space.noLimit', { used: formatBytes(found.bytes) })}{' '}
        {found.looked_at ? t('space.lookedAt', { age: formatAge(found.looked_at) }) : null}
      </p>
    </>
  )
}

/** What became of the last press of the button. */
function Outcome({ latest }: { latest: CleanupRequest | undefined }) {
  const { t } = useTranslation()
  if (!latest) return <span />
  const size = formatBytes(latest.freed_bytes)
  const key = isFreeing(latest) ? 'freeing' : latest.removed > 0 ? 'freed' : 'nothing'
  return (
    <p className={space.outcome} role="status" data-testid="space-outcome">
      {latest.message ? `${storedText(latest.message, latest.message_parts)} ` : ''}
      {t(`space.${key}`, { size, count: latest.removed, number: formatCount(latest.removed) })}
    </p>
  )
}

function Freed({ clearings }: { clearings: readonly CleanupRequest[] }) {
  const { t } = useTranslation()
  return (
    <Section title={t('space.log')}>
      <Panel isPadded={false}>
        {clearings.length === 0 ? (
          <EmptyState icon={IconDatabaseOff} title={t('space.empty')}>
            {t('space.emptyText')}
          </EmptyState>
        ) : (
          <Table
            label={t('space.log')}
            headers={[
              t('space.when'),
              t('space.why'),
              t('space.state'),
              { text: t('space.removed'), isNumeric: true },
              { text: t('space.size'), isNumeric: true },
            ]}
          >
            {clearings.map((line) => (
              <tr key={line.id}>
                <td>{formatMoment(line.created_at)}</td>
                <td title={storedText(line.message, line.message_parts) || undefined}>{whyOf(line, t)}</td>
                <td>
                  <StatusBadge
                    status={STATUS_OF[line.state ?? 'done']}
                    label={t(`space.is.${line.state ?? 'done'}`)}
                  />
                </td>
                <td data-numeric>{formatCount(line.removed ?? 0)}</td>
                <td data-numeric>{formatBytes(line.freed_bytes ?? 0)}</td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </Section>
  )
}

const STATUS_OF = { waiting: 'queued', working: 'running', done: 'done', failed: 'failed' } as const

function whyOf(line: CleanupRequest, t: ReturnType<typeof useTranslation>['t']): string {
  if (line.reason !== 'asked') return t(`space.reason.${line.reason}`)
  const what = line.unused_days == null ? 'leftovers' : line.unused_days === 0 ? 'all' : 'old'
  const who = line.asked_by ?? '–'
  return t('space.askedBy', { who, what: t(`space.choice.${what}`, { days: line.unused_days }) })
}
