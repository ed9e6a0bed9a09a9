import { IconScale } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Endpoint } from '@/contracts'
import { formatCount, formatMilliseconds, formatNumber, formatShare } from '@/lib/format'
import { EmptyState, Panel, Section, Table } from '@/ui'

type Line = { name: string; champion?: string; challenger: string }

/** What stands beside, against the champion where the same is counted of both; without lines while nothing is known. */
type Compared = { title: string; challenger: string; lines: Line[]; nothing: string }

function traffic(endpoint: Endpoint, number: number | undefined) {
  return endpoint.traffic.by_release.find(({ release }) => release === number)
}

const milliseconds = (value: number | null | undefined) => (value == null ? '–' : formatMilliseconds(value))
const share = (part: number, whole: number) => (whole > 0 ? formatShare(part / whole) : '–')

/** What answers beside what wants to, over the last hour. */
export function Comparison({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const champion = traffic(endpoint, endpoint.release?.number)
  const canary = traffic(endpoint, endpoint.canary?.release)
  const shadow = endpoint.shadow ? traffic(endpoint, endpoint.shadow)?.shadow : undefined
  const tables: Compared[] = []
  if (endpoint.canary) {
    tables.push({
      title: t('compare.canary'),
      challenger: t('endpoint.releaseNumber', { number: endpoint.canary.release }),
      nothing: t('compare.canaryNothing'),
      lines: !canary?.requests
        ? []
        : [
            {
              name: t('endpoint.requests'),
              champion: formatCount(champion?.requests ?? 0),
              challenger: formatCount(canary?.requests ?? 0),
            },
            {
              name: t('compare.failed'),
              champion: share(champion?.errors ?? 0, champion?.requests ?? 0),
              challenger: share(canary?.errors ?? 0, canary?.requests ?? 0),
            },
            ...(['p50_ms', 'p99_ms'] as const).map((name) => ({
              name: t(`compare.${name}`),
              champion: milliseconds(champion?.[name]),
              challenger: milliseconds(canary?.[name]),
            })),
          ],
    })
  }
  if (endpoint.shadow) {
    const rows = shadow?.rows ?? 0
    const asked = (shadow?.requests ?? 0) - (shadow?.errors ?? 0)
    const line = (name: string, challenger: string): Line => ({ name, challenger })
    const isAsked = rows + (shadow?.errors ?? 0) + (shadow?.skipped ?? 0) > 0
    tables.push({
      title: t('compare.shadow'),
      challenger: t('endpoint.releaseNumber', { number: endpoint.shadow }),
      nothing: t('compare.shadowNothing'),
      lines: !isAsked
        ? []
        : [
            line(t('compare.compared'), formatCount(rows)),
            line(t('compare.agreed'), share(rows - (shadow?.differed ?? 0), rows)),
            line(t('compare.difference'), rows ? formatNumber((shadow?.distance ?? 0) / rows, 4) : '–'),
            line(t('compare.largest'), rows ? formatNumber(shadow?.largest ?? 0, 4) : '–'),
            line(t('compare.time'), asked ? milliseconds((1000 * (shadow?.seconds ?? 0)) / asked) : '–'),
            line(t('compare.refused'), formatCount(shadow?.errors ?? 0)),
            line(t('compare.skipped'), formatCount(shadow?.skipped ?? 0)),
          ],
    })
  }
  const active = t('endpoint.releaseNumber', { number: endpoint.release?.number ?? 0 })
  return tables.map((table) => (
    <Section key={table.title} title={table.title}>
      <Panel isPadded={false}>
        {table.lines.length === 0 ? (
          <EmptyState icon={IconScale} title={t('compare.nothing')}>
            {table.nothing}
          </EmptyState>
        ) : (
          <SideBySide table={table} active={active} />
        )}
      </Panel>
    </Section>
  ))
}

function SideBySide({ table, active }: { table: Compared; active: string }) {
  const { t } = useTranslation()
  const isBoth = table.lines.some(({ champion }) => champion !== undefined)
  return (
    <Table
      label={table.title}
      headers={[
        t('compare.what'),
        ...(isBoth ? [{ text: active, isNumeric: true }] : []),
        { text: table.challenger, isNumeric: true },
      ]}
    >
      {table.lines.map((line) => (
        <tr key={line.name}>
          <td>{line.name}</td>
          {isBoth ? <td data-numeric>{line.champion}</td> : null}
          <td data-numeric>{line.challenger}</td>
        </tr>
      ))}
    </Table>
  )
}
