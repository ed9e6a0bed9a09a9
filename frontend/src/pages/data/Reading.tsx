import { useTranslation } from 'react-i18next'
import type { Dataset } from '@/contracts'
import { ErrorNotice, StatusBadge } from '@/ui'

type ReadError = NonNullable<Dataset['error']>

/** Why a file cannot be read, with its line when the sentence does not name it. */
export function ReadFailure({ error, prefix = '' }: { error: ReadError; prefix?: string }) {
  const { t } = useTranslation()
  const { message, line } = error
  const isTold = line === null || message.includes(`ine ${line}`)
  const sentence = isTold ? message : `${message} ${t('dataset.atLine', { line })}`
  return <ErrorNotice error={new Error(`${prefix}${sentence}`)} />
}

/** Another reading of the file: on its way, or why it did not work; what was read before is shown meanwhile. */
export function OtherReading({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const { again } = dataset
  if (!again) return null
  if (again.error) return <ReadFailure error={again.error} prefix={`${t('readAgain.failed')} `} />
  return (
    <div role="status">
      <StatusBadge status="running" label={t('readAgain.reading')} />
    </div>
  )
}
