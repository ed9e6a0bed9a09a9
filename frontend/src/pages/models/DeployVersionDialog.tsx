import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeployVersion } from '@/api/models'
import type { RegisteredModel } from '@/contracts'
import { judgementIn } from '@/editor/graph/nextSteps'
import { GraphSteps } from '@/editor/panels/GraphSteps'
import { warningsIn } from '@/lib/verdict'
import { ConfirmDialog, Reasons } from '@/ui'

export type DeployVersionDialogProps = { model: RegisteredModel; version: number; onClose: () => void }

/** Has a version answer, and goes to where it does; a refusal is said here. */
export function DeployVersionDialog({ model, version, onClose }: DeployVersionDialogProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const deploy = useDeployVersion(model.id)
  const champion = model.versions.find(({ aliases }) => aliases.includes('champion'))
  const judged = model.versions.find(({ number }) => number === version)
  const warnings = warningsIn(deploy.error)
  const isWarned = warnings.length > 0
  const go = () =>
    deploy.mutate(
      { version, acknowledged: warnings.map(({ code }) => code) },
      {
        onSuccess: ({ endpoint, key, notice, notice_parts }) =>
          void navigate(`/endpoints/${endpoint.slug}`, { state: { key, notice, notice_parts } }),
      },
    )
  return (
    <ConfirmDialog
      isOpen
      title={t('version.deployTitle', { number: version })}
      action={t(isWarned ? 'verdict.deployAnyway' : 'version.deploy')}
      isDangerous={isWarned}
      isBusy={deploy.isPending}
      error={isWarned ? undefined : deploy.error}
      onConfirm={go}
      onClose={onClose}
    >
      {isWarned ? (
        <div role="alert">
          {t('verdict.thinkTwice')}
          <Reasons reasons={warnings} />
          <GraphSteps
            graph={model.graph}
            verdict={judgementIn(warnings)}
            node={model.node}
            version={judged?.graph_version}
          />
        </div>
      ) : null}
      {champion ? t('version.deployInstead', { number: champion.number }) : t('version.deployFirst')}
    </ConfirmDialog>
  )
}
