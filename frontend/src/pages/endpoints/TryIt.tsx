import { Button } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlayerPlay } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTry } from '@/api/endpoints'
import { ApiError, problemAt } from '@/api/errors'
import type { Answer, Endpoint } from '@/contracts'
import { rowOf, type TryValues, valuesOf } from '@/lib/tryForm'
import { ErrorNotice, Panel } from '@/ui'
import { AnswerPanel, INTERVAL } from './AnswerPanel'
import { TryField } from './TryField'
import styles from './TryIt.module.css'

const ASK_AFTER_MS = 200

/** Problems that no field of the form shows. */
function isUnplaced(error: unknown, names: readonly string[]): boolean {
  if (!(error instanceof ApiError)) return error !== null
  return error.problems.length === 0 || !names.some((name) => problemAt(error, `rows.0.${name}`))
}

/** Asks the endpoint about one row: a form from its inputs, filled with a real row, and its answer. */
export function TryIt({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const release = endpoint.release
  const ask = useTry(endpoint.slug, {
    explain: true,
    ...(release?.model.task === 'regression' ? { interval: INTERVAL } : {}),
  })
  const [answer, setAnswer] = useState<Answer | null>(null)
  const inputs = release?.inputs ?? []
  const example = release?.example ?? {}
  const [values, setValues] = useState(() => valuesOf(inputs, example))
  const send = (row: TryValues) => ask.mutate(rowOf(inputs, row), { onSuccess: setAnswer })
  const askSoon = useDebouncedCallback(send, ASK_AFTER_MS)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(values)
  }
  // Once asked, the answer moves with the values.
  const change = (next: TryValues) => {
    setValues(next)
    if (answer) askSoon(next)
  }
  const names = inputs.map((column) => column.name)
  return (
    <Panel>
      <form onSubmit={submit} className={styles.form} noValidate>
        <div className={styles.fields}>
          {inputs.map((column) => (
            <TryField
              key={column.name}
              column={column}
              value={values[column.name] ?? null}
              problem={problemAt(ask.error, `rows.0.${column.name}`)}
              onChange={(value) => change({ ...values, [column.name]: value })}
            />
          ))}
        </div>
        <div className={styles.actions}>
          <Button type="submit" loading={ask.isPending && !answer} leftSection={<IconPlayerPlay size={16} />}>
            {t('endpoint.ask')}
          </Button>
          <Button variant="subtle" color="gray" onClick={() => change(valuesOf(inputs, example))}>
            {t('endpoint.reset')}
          </Button>
        </div>
      </form>
      {ask.error && isUnplaced(ask.error, names) ? <ErrorNotice error={ask.error} /> : null}
      {answer && release ? <AnswerPanel answer={answer} release={release} /> : null}
    </Panel>
  )
}
