import { useTranslation } from 'react-i18next'
import type { Dataset } from '@/contracts'
import { isRecord, messageText } from '@/lib/messages'
import { ErrorNotice, StatusBadge } from '@/ui'

type ReadError = NonNullable<Dataset['error']>

// Errors that older versions stored are English text without parameters.
function namesLine({ message, message_params: params, line }: ReadError): boolean {
  return isRecord(params) ? 'line' in params : message.includes(`ine ${line}`)
}

/** Why a file cannot be read, with its line when the sentence does not name it. */
export function ReadFailure({ error, prefix = '' }: { error: ReadError; prefix?: string }) {
  const { t } = useTranslation()
  const { line } = error
  const message = messageText(error)
  const isNamed = line === null || namesLine(error)
  const sentence = isNamed ? message : `${message} ${t('dataset.atLine', { line })}`
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
