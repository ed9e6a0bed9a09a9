import { ActionIcon, TextInput, Tooltip } from '@mantine/core'
import { IconDownload, IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { saveText } from '@/charts/saveText'
import { CopyButton } from '@/ui'
import classes from './LogView.module.css'

interface LogViewProps {
  readonly lines: readonly string[]
  /** Name of the file without its ending. */
  readonly name: string
}

/** Lines of a log, to be searched, copied and downloaded. Copying and downloading take what is shown. */
export function LogView({ lines, name }: LogViewProps) {
  const { t } = useTranslation('editor')
  const [query, setQuery] = useState('')
  const text = useMemo(() => linesWith(lines, query).join('\n'), [lines, query])
  const shown = text === '' ? 0 : text.split('\n').length
  return (
    <div className={classes.view}>
      <div className={classes.bar}>
        <TextInput
          size="xs"
          className={classes.search ?? ''}
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder={t('log.search')}
          aria-label={t('log.search')}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          data-testid="log-search"
        />
        <span className={classes.count} role="status">
          {query && t('log.count', { shown, all: lines.length })}
        </span>
        <CopyButton text={text} />
        <Tooltip label={t('log.download')}>
          <ActionIcon
            aria-label={t('log.download')}
            onClick={() => saveText(`${text}\n`, `${name}.log`, 'text/plain')}
            data-testid="log-download"
          >
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {text === '' ? (
        <p className={classes.none}>{t('log.none', { query })}</p>
      ) : (
        <pre className={classes.log}>{text}</pre>
      )}
    </div>
  )
}

/** The lines that hold the words, whatever the case of their letters. */
export function linesWith(lines: readonly string[], query: string): readonly string[] {
  const wanted = query.trim().toLocaleLowerCase()
  return wanted === '' ? lines : lines.filter((line) => line.toLocaleLowerCase().includes(wanted))
}
