import { Button } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRollback } from '@/api/endpoints'
import { useMayEdit } from '@/api/session'
import type { Endpoint } from '@/contracts'
import { formatAge, formatCount } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { ConfirmDialog, type Status, StatusBadge, Table } from '@/ui'

function trafficOf(endpoint: Endpoint, number: number) {
  return endpoint.traffic.by_release.find(({ release }) => release === number)
}

function standingOf(endpoint: Endpoint, number: number, t: TFunction): { status: Status; label: string } {
  if (number === endpoint.release?.number) return { status: 'done', label: t('releases.serving') }
  if (number === endpoint.canary?.release) {
    return { status: 'running', label: t('releases.canary', { percent: endpoint.canary.percent }) }
  }
  if (number !== endpoint.shadow) return { status: 'disabled', label: t('releases.former') }
  const compared = trafficOf(endpoint, number)?.shadow
  const label = compared
    ? t('releases.shadowDiffered', {
        rows: formatCount(compared.rows),
        differed: formatCount(compared.differed),
      })
    : t('releases.shadow')
  return { status: 'ready', label }
}

/** What the endpoint served over time, and the way back to any of it at the same address. */
export function Releases({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const rollback = useRollback(endpoint.slug)
  const mayEdit = useMayEdit()
  const [wanted, setWanted] = useState<number | null>(null)
  const current = endpoint.release?.number
  return (
    <>
      <Table
        label={t('endpoint.releases')}
        headers={[
          { text: t('endpoint.release'), isNumeric: true },
          t('list.state'),
          { text: t('endpoint.requests'), isNumeric: true },
          { text: t('endpoint.errors'), isNumeric: true },
          t('list.result'),
          t('list.created'),
          t('runs.who'),
          '',
        ]}
      >
        {endpoint.releases.map((release) => (
          <tr key={release.number}>
            <td data-numeric>{release.number}</td>
            <td>
              <StatusBadge {...standingOf(endpoint, release.number, t)} />
            </td>
            <td data-numeric>{formatCount(trafficOf(endpoint, release.number)?.requests ?? 0)}</td>
            <td data-numeric>{formatCount(trafficOf(endpoint, release.number)?.errors ?? 0)}</td>
            <td data-quiet>{metricsLine(release.model.metrics)}</td>
            <td>{formatAge(release.created_at)}</td>
            <td>{release.created_by ?? '–'}</td>
            <td data-actions>
              {mayEdit && release.number !== current ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<IconArrowBackUp size={14} />}
                  onClick={() => setWanted(release.number)}
                >
                  {t('releases.rollback')}
                </Button>
              ) : null}
            </td>
          </tr>
        ))}
      </Table>
      <ConfirmDialog
        isOpen={wanted !== null}
        title={t('releases.rollbackTitle', { number: wanted })}
        action={t('releases.rollback')}
        isBusy={rollback.isPending}
        error={rollback.error}
        onConfirm={() => wanted !== null && rollback.mutate(wanted, { onSuccess: () => setWanted(null) })}
        onClose={() => setWanted(null)}
      >
        {t('releases.rollbackText')}
      </ConfirmDialog>
    </>
  )
}
