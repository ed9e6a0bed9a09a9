import { MultiSelect, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { FieldProps } from '../FieldProps'
import { labelOf } from '../schema'

function textsOf(value: FieldProps['value']): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export function ChoicesField({ value, onChange, schema, problem }: FieldProps) {
  const options = (schema.items?.enum ?? []).map((option) => ({
    value: String(option),
    label: labelOf(option, schema),
  }))
  return (
    <MultiSelect
      aria-label={schema.title}
      data={options}
      value={textsOf(value)}
      onChange={onChange}
      error={problem}
      clearable
    />
  )
}

export function ListField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const isNumeric = schema.items?.type === 'integer' || schema.items?.type === 'number'
  const commit = (texts: string[]) =>
    onChange(isNumeric ? texts.map(Number).filter((number) => Number.isFinite(number)) : texts)
  return (
    <TagsInput
      aria-label={schema.title}
      value={textsOf(value)}
      onChange={commit}
      error={problem}
      placeholder={t('form.addValue')}
      clearable
    />
  )
}
