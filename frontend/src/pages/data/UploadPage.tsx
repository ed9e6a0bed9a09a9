import { Button, Progress } from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, Navigate, useNavigate, useParams } from 'react-router'
import { formatBytes, formatShare } from '@/lib/format'
import { EmptyState, ErrorNotice, LoadingRows, Page, Panel, Section } from '@/ui'
import { PreviewRows } from './RowsGrid'
import { stopUpload, useUploads } from './uploadStore'

/** A file on its way: its first rows at once, its progress, and the data set's page when it is there. */
export function UploadPage() {
  const { t } = useTranslation()
  const { uploadId = '' } = useParams()
  const navigate = useNavigate()
  const transfer = useUploads((state) => state.transfers[uploadId])
  if (!transfer) {
    return (
      <EmptyState
        icon={IconFileUpload}
        title={t('upload.goneTitle')}
        action={
          <Button component={Link} to="/data" variant="default">
            {t('nav.data')}
          </Button>
        }
      >
        {t('upload.goneText')}
      </EmptyState>
    )
  }
  if (transfer.dataset) return <Navigate to={`/data/${transfer.dataset.id}`} replace />
  const stop = () => {
    stopUpload(uploadId)
    void navigate('/data')
  }
  const share = transfer.bytes ? transfer.sent / transfer.bytes : 0
  return (
    <Page
      title={transfer.name}
      subtitle={
        transfer.error ? (
          t('upload.failed')
        ) : (
          <span>{t('upload.sending', { share: formatShare(share), size: formatBytes(transfer.bytes) })}</span>
        )
      }
      actions={
        <Button variant="default" onClick={stop}>
          {transfer.error ? t('upload.back') : t('upload.stop')}
        </Button>
      }
    >
      {transfer.error ? (
        <ErrorNotice error={transfer.error} />
      ) : (
        <Progress value={share * 100} size="sm" aria-label={t('upload.progress')} />
      )}
      <Section title={t('dataset.rows')} aside={<span>{t('upload.previewNote')}</span>}>
        <Panel isPadded={false}>
          {transfer.preview ? (
            <PreviewRows preview={transfer.preview} name={transfer.name} />
          ) : (
            <LoadingRows count={10} height={28} />
          )}
        </Panel>
      </Section>
    </Page>
  )
}
