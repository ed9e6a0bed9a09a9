import { NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FilePreview, ReadOptions } from '@/contracts'
import styles from './ReadAgainDialog.module.css'
import { CHOICES, type Choice, DELIMITERS, foundValue, nameOf } from './readingChoices'

const OTHER = 'other'

export type ReadingChoicesProps = {
  options: ReadOptions
  found: FilePreview['found'] | undefined
  onChange: (change: Partial<ReadOptions>) => void
}

/** A field for each choice about the whole file. */
export function ReadingChoices({ options, found, onChange }: ReadingChoicesProps) {
  const { t } = useTranslation()
  const isListed = (DELIMITERS as readonly string[]).includes(options.delimiter)
  const [isOther, setOther] = useState(!isListed)
  const word = (value: string) => {
    const name = nameOf(value)
    return name ? t(`readAgain.${name}`) : value
  }
  const left = (name: string) => {
    if (name === 'bad_rows') return t('readAgain.fewSetAside')
    const value = foundValue(found, name)
    return value ? t('readAgain.foundAs', { value: word(value) }) : t('readAgain.found')
  }
  const labelled = (name: string, value: string) => ({
    value,
    label: value === '' || value === 'auto' ? left(name) : word(value),
  })
  const choice = (name: Choice) => (
    <Select
      label={t(`readAgain.${name}`)}
      data={CHOICES[name].map((value) => labelled(name, value))}
      value={options[name]}
      allowDeselect={false}
      onChange={(value) => onChange({ [name]: value })}
    />
  )
  const lines = (name: 'skip_rows' | 'skip_rows_at_end') => (
    <NumberInput
      label={t(`readAgain.${name}`)}
      value={options[name]}
      min={0}
      max={1000}
      allowDecimal={false}
      onChange={(value) => onChange({ [name]: Number(value) || 0 })}
    />
  )
  const words = (name: 'missing' | 'kept') => (
    <TagsInput
      label={t(`readAgain.${name}`)}
      value={options[name]}
      acceptValueOnBlur
      onChange={(value) => onChange({ [name]: value })}
    />
  )
  return (
    <div className={styles.fields}>
      {choice('encoding')}
      <Select
        label={t('readAgain.delimiter')}
        data={[
          ...DELIMITERS.map((value) => labelled('delimiter', value)),
          { value: OTHER, label: t('readAgain.other') },
        ]}
        value={isOther ? OTHER : options.delimiter}
        allowDeselect={false}
        onChange={(value) => {
          setOther(value === OTHER)
          if (value !== OTHER) onChange({ delimiter: value ?? '' })
        }}
      />
      {isOther ? (
        <TextInput
          label={t('readAgain.character')}
          value={options.delimiter}
          maxLength={1}
          onChange={(event) => onChange({ delimiter: event.currentTarget.value })}
        />
      ) : null}
      {choice('quote')}
      {choice('escape')}
      {choice('decimal')}
      {choice('thousands')}
      {choice('header')}
      {lines('skip_rows')}
      {lines('skip_rows_at_end')}
      {choice('bad_rows')}
      {choice('totals')}
      {choice('footnotes')}
      {words('missing')}
      {words('kept')}
    </div>
  )
}
