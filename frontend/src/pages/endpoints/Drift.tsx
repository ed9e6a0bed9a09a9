import { Loader, SegmentedControl } from '@mantine/core'
import type { TFunction } from 'i18next'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDrift } from '@/api/endpoints'
import type { ColumnDrift, Endpoint } from '@/contracts'
import { formatCount, formatNumber, formatShare } from '@/lib/format'
import { ErrorNotice, Panel, type Status, StatusBadge, Table } from '@/ui'
import styles from './Drift.module.css'

const WINDOWS = [1, 24, 168] as const
const LEVELS: Record<ColumnDrift['level'], Status> = {
  unknown: 'disabled',
  stable: 'done',
  some: 'warning',
  strong: 'failed',
}

function nameOf(moved: ColumnDrift, t: TFunction): string {
  return moved.name || t('drift.answers')
}

/** Each bin as two bars side by side: in training, and now. */
function PairedBars({ moved }: { moved: ColumnDrift }) {
  const { t } = useTranslation()
  const most = Math.max(0.01, ...moved.bins.flatMap(({ reference, live }) => [reference, live]))
  const step = 100 / Math.max(1, moved.bins.length)
  const bar = (of: 'reference' | 'live', share: number, x: number) => {
    const tall = share === 0 ? 0 : Math.max(2, (share / most) * 100)
    return <rect data-of={of} x={x} y={100 - tall} width={step * 0.42} height={tall} />
  }
  return (
    <svg
      className={styles.bars}
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      role="img"
      aria-label={t('drift.barsLabel', { name: nameOf(moved, t) })}
    >
      {moved.bins.map(({ label, reference, live }, index) => (
        <Fragment key={label}>
          {bar('reference', reference, index * step)}
          {bar('live', live, index * step + step * 0.44)}
        </Fragment>
      ))}
    </svg>
  )
}

/** The same in numbers, bin by bin. */
function Bins({ moved }: { moved: ColumnDrift }) {
  const { t } = useTranslation()
  const most = Math.max(0.01, ...moved.bins.flatMap(({ reference, live }) => [reference, live]))
  const width = (share: number) => ({ width: `${(share / most) * 100}%` })
  return (
    <div className={styles.bins} data-testid={`drift-bins-${moved.name}`}>
      {moved.bins.map(({ label, reference, live }) => (
        <Fragment key={label}>
          <span>{label || t('drift.others')}</span>
          <span className={styles.track}>
            <span className={styles.key} style={{ ...width(reference), margin: 0 }} data-of="reference" />
            <span className={styles.key} style={{ ...width(live), margin: 0 }} data-of="live" />
          </span>
          <span>{t('drift.fromTo', { from: formatShare(reference), to: formatShare(live) })}</span>
        </Fragment>
      ))}
    </div>
  )
}

function Row({ moved, isKnown }: { moved: ColumnDrift; isKnown: boolean }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <tr data-testid={`drift-${moved.name || 'prediction'}`}>
        <td>
          <button
            type="button"
            className={styles.name}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {nameOf(moved, t)}
          </button>
          {moved.kind === 'length' ? ` (${t('drift.length')})` : ''}
        </td>
        <td>
          <StatusBadge status={LEVELS[moved.level]} label={t(`drift.level.${moved.level}`)} />
        </td>
        <td data-numeric>{moved.index === null ? '–' : formatNumber(moved.index, 3)}</td>
        <td data-numeric>
          {t('drift.fromTo', {
            from: formatShare(moved.reference_missing),
            to: isKnown ? formatShare(moved.missing) : '–',
          })}
        </td>
        <td data-numeric>{isKnown ? formatShare(moved.unseen) : '–'}</td>
        <td>
          <PairedBars moved={moved} />
        </td>
      </tr>
      {isOpen ? (
        <tr>
          <td colSpan={6}>
            <Bins moved={moved} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

/** How far what comes in, and what is answered, has moved from what the model learned from. */
export function Drift({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const [hours, setHours] = useState<number>(24)
  const [release, setRelease] = useState(String(endpoint.release?.number ?? ''))
  const { data, error } = useDrift(endpoint.slug, hours, Number(release) || undefined)
  const roles = [endpoint.release?.number, endpoint.canary?.release, endpoint.shadow]
  const shown = [...new Set(roles)].filter((number) => number != null)
  return (
    <Panel isPadded={false}>
      <div className={styles.head}>
        <SegmentedControl
          size="xs"
          aria-label={t('drift.window')}
          value={String(hours)}
          onChange={(value) => setHours(Number(value))}
          data={WINDOWS.map((each) => ({ value: String(each), label: t(`drift.hours.${each}`) }))}
        />
        {shown.length > 1 ? (
          <SegmentedControl
            size="xs"
            aria-label={t('endpoint.release')}
            value={release}
            onChange={setRelease}
            data={shown.map((number) => ({
              value: String(number),
              label: t('endpoint.releaseNumber', { number }),
            }))}
          />
        ) : null}
        <span>
          <span className={styles.key} data-of="reference" />
          {t('drift.training')}
          <span className={styles.key} data-of="live" />
          {t('drift.now', { count: data?.rows ?? 0, rows: formatCount(data?.rows ?? 0) })}
        </span>
      </div>
      {error ? <ErrorNotice error={error} /> : null}
      {data && !data.has_reference ? <p className={styles.head}>{t('drift.noReference')}</p> : null}
      {data?.has_reference && data.rows < data.rows_needed ? (
        <p className={styles.head}>
          {t('drift.tooFew', {
            count: data.rows,
            rows: formatCount(data.rows),
            needed: formatCount(data.rows_needed),
          })}
        </p>
      ) : null}
      {data?.prediction ? (
        <Table
          label={t('drift.title')}
          headers={[
            t('drift.column'),
            t('list.state'),
            { text: t('drift.index'), isNumeric: true },
            { text: t('drift.missing'), isNumeric: true },
            { text: t('drift.unseen'), isNumeric: true },
            t('drift.distribution'),
          ]}
        >
          {[data.prediction, ...data.columns].map((moved) => (
            <Row key={moved.name} moved={moved} isKnown={data.rows > 0} />
          ))}
        </Table>
      ) : null}
      {data?.prediction ? <p className={styles.head}>{t('drift.explained')}</p> : null}
      {!data && !error ? <Loader size="sm" m="md" /> : null}
    </Panel>
  )
}
