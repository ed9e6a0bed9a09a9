import { Button, Progress } from '@mantine/core'
import { IconDownload, IconFileUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { predictTable } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { saveText } from '@/charts/saveText'
import type { Endpoint } from '@/contracts'
import { joinColumns, partsOf, readTable, type TextTable, withAnswersFirst, writeTable } from '@/lib/batch'
import { formatCount } from '@/lib/format'
import { DataGrid, ErrorNotice, FilePicker, Panel } from '@/ui'
import styles from './Batch.module.css'

type Answered = { name: string; table: TextTable; text: string; inputs: number }

/** Excel reads a file as UTF-8 only when it begins so. */
const BOM = '\ufeff'
const TEXT_TABLES = '.csv,.tsv,.txt'

/** Asks about every row of a file and gives the file back with the answers beside it. */
export function Batch({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const [share, setShare] = useState(0)
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])

  const answerFile = async (file: File): Promise<Answered> => {
    const controller = new AbortController()
    stop.current?.abort()
    stop.current = controller
    setShare(0)
    const [{ default: papa }, text] = await Promise.all([import('papaparse'), file.text()])
    const table = readTable(text, papa)
    const answers: TextTable = { names: [], rows: [] }
    for (const part of partsOf(table)) {
      const said = await predictTable(endpoint.slug, writeTable(part, papa), controller.signal).catch(
        (error) => {
          throw part.start > 0 && error instanceof ApiError
            ? new Error(t('batch.inPart', { from: formatCount(part.start + 1), message: error.message }))
            : error
        },
      )
      const read = readTable(said, papa)
      answers.names = read.names
      answers.rows.push(...read.rows)
      setShare((part.start + part.rows.length) / table.rows.length)
    }
    if (answers.rows.length === 0) throw new Error(t('batch.empty'))
    const whole = joinColumns(table, answers)
    return {
      name: `${file.name.replace(/\.[^.]+$/, '')} ${t('batch.suffix')}.csv`,
      table: whole,
      text: BOM + writeTable(whole, papa),
      inputs: table.names.length,
    }
  }
  const send = useMutation({ mutationFn: answerFile })
  const done = send.data
  const shown = useMemo(() => (done ? withAnswersFirst(done.table, done.inputs) : null), [done])
  const columns = useMemo(
    () =>
      shown?.names.map((name, index) => ({
        name,
        note: '',
        isMarked: index < shown.answers,
        isNumeric: shown.isNumeric[index] ?? false,
      })) ?? [],
    [shown],
  )
  return (
    <Panel>
      <div className={styles.batch}>
        <p className={styles.text}>{t('batch.text')}</p>
        <FilePicker accept={TEXT_TABLES} onFiles={([file]) => file && send.mutate(file)}>
          {(open) => (
            <div>
              <Button
                variant="default"
                leftSection={<IconFileUpload size={16} />}
                loading={send.isPending}
                onClick={open}
              >
                {t('batch.choose')}
              </Button>
            </div>
          )}
        </FilePicker>
        {send.isPending ? <Progress value={share * 100} size="sm" aria-label={t('batch.progress')} /> : null}
        {send.error ? <ErrorNotice error={send.error} /> : null}
        {done ? (
          <>
            <div className={styles.done}>
              <span>
                {t('dataset.rowsCount', {
                  count: done.table.rows.length,
                  text: formatCount(done.table.rows.length),
                })}
              </span>
              <Button leftSection={<IconDownload size={16} />} onClick={() => saveText(done.text, done.name)}>
                {t('batch.download')}
              </Button>
            </div>
            <DataGrid
              label={done.name}
              columns={columns}
              total={done.table.rows.length}
              rowAt={(index) => shown?.rows[index]}
              height={320}
            />
          </>
        ) : null}
      </div>
    </Panel>
  )
}
