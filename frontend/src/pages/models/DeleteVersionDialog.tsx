import { Button, Modal } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { errorFrom } from '@/api/errors'
import { useDeleteVersion, useVersion } from '@/api/models'
import type { RegisteredModel, VersionDetail } from '@/contracts'
import { formatBytes } from '@/lib/format'
import { ConfirmDialog, ErrorNotice, LoadingRows } from '@/ui'
import styles from './VersionPage.module.css'

const CONFLICT = 409

export type DeleteVersionDialogProps = { model: RegisteredModel; version: number; onClose: () => void }

/** What will become free, and what goes along. */
function Consequences({ deletion }: { deletion: VersionDetail['deletion'] }) {
  const { t } = useTranslation()
  const { freed_bytes: freed, releases } = deletion
  return (
    <>
      {freed > 0 ? t('version.deleteFrees', { size: formatBytes(freed) }) : t('version.deleteFreesNothing')}{' '}
      {releases > 0 ? `${t('version.deleteReleases', { count: releases })} ` : ''}
      {t('version.deleteForGood')}
    </>
  )
}

/** Deletes a version, or says why that cannot be now and where it can be changed. */
export function DeleteVersionDialog({ model, version, onClose }: DeleteVersionDialogProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const remove = useDeleteVersion(model.id)
  const { data, error } = useVersion(model.id, version)
  const title = t('models.deleteTitle', { number: version })
  const done = (freed: number) => {
    const isLast = model.versions.length < 2
    void navigate(isLast ? '/models' : `/models/${model.id}`, { replace: true })
    const message = t(freed > 0 ? 'version.deleted' : 'version.deletedFreeless', {
      number: version,
      name: model.name,
      size: formatBytes(freed),
    })
    notifications.show({ color: 'green', message, autoClose: 10_000 })
    onClose()
  }
  const refusal = data?.deletion.refusal
  // Said in the language of the page, as an answer of the server is.
  const inUse = refusal ? errorFrom(CONFLICT, refusal) : null
  if (inUse || error || !data) {
    return (
      <Modal opened onClose={onClose} title={inUse ? t('version.inUse', { number: version }) : title}>
        {inUse || error ? <ErrorNotice error={inUse ?? error} /> : <LoadingRows count={2} />}
        <div className={styles.buttons} style={{ marginTop: 24 }}>
          <Button variant="default" onClick={onClose}>
            {t('action.close')}
          </Button>
        </div>
      </Modal>
    )
  }
  return (
    <ConfirmDialog
      isOpen
      title={title}
      action={t('action.delete')}
      isDangerous
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(version, { onSuccess: ({ freed_bytes: freed }) => done(freed) })}
      onClose={onClose}
    >
      <Consequences deletion={data.deletion} />
    </ConfirmDialog>
  )
}
