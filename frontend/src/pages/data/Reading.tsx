import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFilePreview, useReadAgain } from '@/api/datasets'
import { useMayEdit } from '@/api/session'
import type { Dataset, FilePreview } from '@/contracts'
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
      {/* biome-ignore lint/a11y/useSemanticElements: what scrolls must be named */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className={styles.lines} role="region" tabIndex={0} aria-label={t('readAgain.lines')}>
        {lines.map((line, at) => `${String(at + 1).padStart(3)}  ${line}`).join('\n')}
      </pre>
    </figure>
  )
}

const ENCODING_QUESTION = 'file.encodings'

/** Does the reading of a file wait for its encoding? */
export function asksForEncoding({ error }: Pick<Dataset, 'error'>): boolean {
  return error?.message_id === ENCODING_QUESTION
}

type LikelyEncoding = FilePreview['encodings'][number]

/** Those that the sentence names, each with a word: what tells them apart may stand below the part that is previewed. */
function namedEncodings({ error }: Dataset): LikelyEncoding[] {
  const params = error?.message_params
  const named = isRecord(params) && isRecord(params.encodings) ? params.encodings.choices : []
  return (Array.isArray(named) ? named : []).map(String).map((choice) => {
    const [encoding = ''] = choice.split(' ', 1)
    return { encoding: encoding as LikelyEncoding['encoding'], lines: [choice.slice(encoding.length + 1)] }
  })
}

/** The encodings that a file may be in, each with lines as they read by it, to choose one. */
function EncodingQuestion({ dataset, preview }: { dataset: Dataset; preview: FilePreview }) {
  const { t } = useTranslation()
  const again = useReadAgain(dataset.id)
  const mayEdit = useMayEdit()
  return (
    <>
      {again.error ? <ErrorNotice error={again.error} /> : null}
      <ul className={styles.encodings} aria-label={t('readAgain.encodings')}>
        {(preview.encodings.length > 0 ? preview.encodings : namedEncodings(dataset)).map(
          ({ encoding, lines }) => (
            <li key={encoding} className={styles.encoding}>
              <pre className={styles.lines}>{lines.join('\n')}</pre>
              <Button
                variant="default"
                disabled={!mayEdit || again.isPending}
                onClick={() => again.mutate({ ...dataset.options, encoding })}
              >
                {t('readAgain.readAs', { encoding })}
              </Button>
            </li>
          ),
        )}
      </ul>
    </>
  )
}

/** The first lines of the file of a data set that could not be read, in each encoding where that is the question. */
export function RefusedLines({ dataset }: { dataset: Dataset }) {
  const { data } = useFilePreview(dataset, dataset.options)
  if (!data) return null
  if (asksForEncoding(dataset)) return <EncodingQuestion dataset={dataset} preview={data} />
  return <FirstLines lines={data.lines} />
}

/** Another reading of the file: on its way, or why it did not work; what was read before is shown meanwhile. */
export function OtherReading({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const { again } = dataset
  if (!again) return null
  if (again.error && again.status === 'failed')
    return <ReadFailure error={again.error} prefix={`${t('readAgain.failed')} `} />
  return (
    <div role="status">
      <StatusBadge status="running" label={t('readAgain.reading')} />
      {again.error ? <p className={styles.text}>{messageText(again.error)}</p> : null}
    </div>
  )
}
