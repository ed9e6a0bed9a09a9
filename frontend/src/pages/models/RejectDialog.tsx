import { Button, Modal, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { useChangeModel } from '@/api/models'
import { ErrorNotice } from '@/ui'
import styles from './VersionPage.module.css'

const LONGEST = 500

export type RejectDialogProps = {
  change: ReturnType<typeof useChangeModel>
  version: number
  onClose: () => void
}

/** Refuses approval with a reason, which whoever made the version reads. */
export function RejectDialog({ change, version, onClose }: RejectDialogProps) {
  const { t } = useTranslation()
  const [why, setWhy] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (why.trim()) change.mutate({ kind: 'refusal', version, why: why.trim() }, { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={t('version.refuseTitle', { number: version })}>
      <form onSubmit={submit} className={styles.editor}>
        <Textarea
          label={t('version.refuseWhy')}
          description={t('version.refuseText')}
          value={why}
          maxLength={LONGEST}
          autosize
          minRows={3}
          onChange={(event) => setWhy(event.currentTarget.value)}
          data-autofocus
        />
        {change.error ? <ErrorNotice error={change.error} /> : null}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" color="red" loading={change.isPending} disabled={!why.trim()}>
            {t('version.refuse')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
