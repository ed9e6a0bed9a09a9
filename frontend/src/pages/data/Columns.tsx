import { Button, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Profile } from '@/contracts'
import { Section } from '@/ui'
import { ColumnCard } from './ColumnCard'
import styles from './Columns.module.css'

const SHOWN_FIRST = 48
const SEARCHABLE_FROM = 12

/** A card per column; a very wide table shows the first ones and finds the others by name. */
export function Columns({ profile }: { profile: Profile }) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const [isAll, setAll] = useState(false)
  const found = profile.columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase()))
  const shown = isAll ? found : found.slice(0, SHOWN_FIRST)
  const searchField =
    profile.columns.length >= SEARCHABLE_FROM ? (
      <TextInput
        size="xs"
        leftSection={<IconSearch size={14} />}
        placeholder={t('dataset.findColumn')}
        aria-label={t('dataset.findColumn')}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
    ) : null
  return (
    <Section title={t('dataset.columnsCount', { count: profile.columns.length })} aside={searchField}>
      <div className={styles.cards}>
        {shown.map((column) => (
          <ColumnCard key={column.name} column={column} rows={profile.rows} />
        ))}
      </div>
      {shown.length < found.length ? (
        <Button variant="default" onClick={() => setAll(true)}>
          {t('dataset.showAll', { count: found.length })}
        </Button>
      ) : null}
    </Section>
  )
}
