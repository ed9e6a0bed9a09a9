import { useTranslation } from 'react-i18next'
import type { useChangeModel } from '@/api/models'
import { NameDialog } from '@/ui'

export type NameVersionDialogProps = {
  change: ReturnType<typeof useChangeModel>
  version: number
  onClose: () => void
}

/** Gives a version a name of people's own. */
export function NameVersionDialog({ change, version, onClose }: NameVersionDialogProps) {
  const { t } = useTranslation()
  return (
    <NameDialog
      title={t('models.aliasTitle', { number: version })}
      label={t('models.aliasLabel')}
      action={t('models.aliasAction')}
      isBusy={change.isPending}
      error={change.error}
      onSubmit={(alias) => change.mutate({ kind: 'alias', version, alias }, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}
