import { Button, Modal, NumberInput, Select } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useReadAgain } from '@/api/datasets'
import type { Dataset, ReadOptions } from '@/contracts'
import { ErrorNotice } from '@/ui'
import styles from './ReadAgainDialog.module.css'

type Choices = { [Name in 'encoding' | 'delimiter' | 'decimal' | 'header']: readonly ReadOptions[Name][] }

const CHOICES: Choices = {
  encoding: ['', 'utf-8', 'utf-16', 'windows-1252', 'latin-1', 'windows-1251', 'shift_jis', 'gb18030'],
  delimiter: ['', ',', ';', '\t', '|', ' ', '~', '^'],
  decimal: ['', '.', ','],
  header: ['auto', 'yes', 'no'],
}

const NAMES: Record<string, string> = {
  '': 'found',
  auto: 'found',
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
  '.': 'point',
  yes: 'headerYes',
  no: 'headerNo',
}

/** How the file is to be read when what was found out by itself is wrong. Mount it to open it. */
export function ReadAgainDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { t } = useTranslation()
  const again = useReadAgain(dataset.id)
  const [options, setOptions] = useState<ReadOptions>(dataset.options)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    again.mutate(options, { onSuccess: onClose })
  }
  const choice = (name: keyof Choices) => (
    <Select
      label={t(`readAgain.${name}`)}
      data={CHOICES[name].map((value) => ({
        value: value ?? '',
        label: NAMES[value ?? ''] ? t(`readAgain.${NAMES[value ?? '']}`) : (value ?? ''),
      }))}
      value={options[name] ?? CHOICES[name][0] ?? ''}
      allowDeselect={false}
      onChange={(value) => setOptions((before) => ({ ...before, [name]: value }) as ReadOptions)}
    />
  )
  return (
    <Modal opened onClose={onClose} title={t('readAgain.title')}>
      <form onSubmit={submit} className={styles.form}>
        <p className={styles.text}>{t('readAgain.text')}</p>
        {choice('encoding')}
        {choice('delimiter')}
        {choice('decimal')}
        {choice('header')}
        <NumberInput
          label={t('readAgain.skip')}
          value={options.skip_rows ?? 0}
          min={0}
          max={1000}
          allowDecimal={false}
          onChange={(value) => setOptions((before) => ({ ...before, skip_rows: Number(value) || 0 }))}
        />
        {again.error ? <ErrorNotice error={again.error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={again.isPending}>
            {t('readAgain.action')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
