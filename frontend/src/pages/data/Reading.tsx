import { useTranslation } from 'react-i18next'
import { useFilePreview } from '@/api/datasets'
import type { Dataset } from '@/contracts'
import { isRecord, messageText } from '@/lib/messages'
import { ErrorNotice, StatusBadge } from '@/ui'
import styles from './ReadAgainDialog.module.css'

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

/** The text of a file that is refused, so that what the sentence says can be seen. */
export function FirstLines({ lines }: { lines: readonly string[] }) {
  const { t } = useTranslation()
  if (lines.length === 0) return null
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.text}>{t('readAgain.lines')}</figcaption>
      <pre className={styles.lines}>
        {lines.map((line, at) => `${String(at + 1).padStart(3)}  ${line}`).join('\n')}
      </pre>
    </figure>
  )
}

/** The first lines of the file of a data set that could not be read. */
export function RefusedLines({ dataset }: { dataset: Dataset }) {
  const { data } = useFilePreview(dataset, dataset.options)
  return data ? <FirstLines lines={data.lines} /> : null
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
