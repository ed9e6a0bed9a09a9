import { Button } from '@mantine/core'
import { IconArrowBackUp, IconRocket } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useApprovalRule } from '@/api/approval'
import { useRollback } from '@/api/endpoints'
import { useMayEdit } from '@/api/session'
import type { Endpoint, Release } from '@/contracts'
import { formatAge, formatCount } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { warningsIn } from '@/lib/verdict'
import { ConfirmDialog, Reasons, type Status, StatusBadge, Table } from '@/ui'

function trafficOf(endpoint: Endpoint, number: number) {
  return endpoint.traffic.by_release.find(({ release }) => release === number)
}

function deploymentStatus(
  endpoint: Endpoint,
  { number, is_approved }: Release,
  needsApproval: boolean,
  t: TFunction,
): { status: Status; label: string } {
  if (number === endpoint.release?.number) return { status: 'done', label: t('releases.serving') }
  if (number === endpoint.canary?.release) {
    return { status: 'running', label: t('releases.canary', { percent: endpoint.canary.percent }) }
  }
  if (number !== endpoint.shadow) {
    if (needsApproval && !is_approved) return { status: 'pending', label: t('releases.waits') }
    const isAhead = number > (endpoint.release?.number ?? 0)
    return { status: 'disabled', label: t(isAhead ? 'releases.beside' : 'releases.former') }
  }
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
  const isRule = useApprovalRule().data?.needs_approval === true
  const needsApproval = isRule || endpoint.needs_approval
  const isAhead = wanted !== null && wanted > (current ?? 0)
  const warnings = warningsIn(rollback.error)
  const isWarned = warnings.length > 0
  const change = (release: number | null) => {
    rollback.reset()
    setWanted(release)
  }
  return (
    <>
      <Table
        label={t('endpoint.releases')}
        headers={[
          t('endpoint.release'),
          t('list.state'),
          { text: t('endpoint.requests'), isNumeric: true },
          { text: t('endpoint.errors'), isNumeric: true },
          t('endpoint.model'),
          t('list.result'),
          t('list.created'),
          t('runs.who'),
          '',
        ]}
      >
        {endpoint.releases.map((release) => (
          <tr key={release.number}>
            <td>{t('endpoint.releaseNumber', { number: release.number })}</td>
            <td>
              <StatusBadge {...deploymentStatus(endpoint, release, needsApproval, t)} />
            </td>
            <td data-numeric>{formatCount(trafficOf(endpoint, release.number)?.requests ?? 0)}</td>
            <td data-numeric>{formatCount(trafficOf(endpoint, release.number)?.errors ?? 0)}</td>
            <td>
              {release.registered && release.model_version ? (
                <Link to={`/models/${release.registered}/versions/${release.model_version}`}>
                  {t('models.versionNumber', { number: release.model_version })}
                </Link>
              ) : (
                '–'
              )}
            </td>
            <td data-quiet>{metricsLine(release.model.metrics)}</td>
            <td>{formatAge(release.created_at)}</td>
            <td>{release.created_by ?? '–'}</td>
            <td data-actions>
              {mayEdit && release.number !== current ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={
                    release.number > (current ?? 0) ? <IconRocket size={14} /> : <IconArrowBackUp size={14} />
                  }
                  onClick={() => change(release.number)}
                >
                  {t(release.number > (current ?? 0) ? 'releases.serve' : 'releases.rollback')}
                </Button>
              ) : null}
            </td>
          </tr>
        ))}
      </Table>
      <ConfirmDialog
        isOpen={wanted !== null}
        title={t(isAhead ? 'releases.serveTitle' : 'releases.rollbackTitle', { number: wanted })}
        action={t(isWarned ? 'verdict.anyway' : isAhead ? 'releases.serve' : 'releases.rollback')}
        isDangerous={isWarned}
        isBusy={rollback.isPending}
        error={isWarned ? undefined : rollback.error}
        onConfirm={() =>
          wanted !== null &&
          rollback.mutate(
            { release: wanted, acknowledged: warnings.map(({ code }) => code) },
            { onSuccess: () => change(null) },
          )
        }
        onClose={() => change(null)}
      >
        {isWarned ? (
          <div role="alert">
            {t('verdict.thinkTwice')}
            <Reasons reasons={warnings} />
          </div>
        ) : null}
        {t(isAhead ? 'releases.serveText' : 'releases.rollbackText')}
      </ConfirmDialog>
    </>
  )
}
