import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './SearchField.module.css'

const PAUSE_MS = 250

type Props = { onSearch: (words: string) => void; label?: string }

/** Words to look for in a list; told once the typing pauses. */
export function SearchField({ onSearch, label }: Props) {
  const { t } = useTranslation()
  const [words, setWords] = useState('')
  const tell = useDebouncedCallback(onSearch, PAUSE_MS)
  return (
    <TextInput
      type="search"
      className={styles.field ?? ''}
      leftSection={<IconSearch size={16} />}
      placeholder={label ?? t('list.search')}
      aria-label={label ?? t('list.search')}
      value={words}
      onChange={(event) => {
        setWords(event.currentTarget.value)
        tell(event.currentTarget.value.trim())
      }}
    />
  )
}
