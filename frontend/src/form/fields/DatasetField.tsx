import { Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { FieldProps } from '../FieldProps'
import { useFormContext } from '../FormContext'

export function DatasetField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const { datasets } = useFormContext()
  const chosen = typeof value === 'string' ? value : ''
  const isKnown = chosen === '' || datasets.some((dataset) => dataset.value === chosen)
  const data = isKnown ? [...datasets] : [...datasets, { value: chosen, label: t('form.unknownDataset') }]
  return (
    <Select
      aria-label={schema.title}
      data={data}
      value={chosen || null}
      onChange={(id) => onChange(id ?? '')}
      error={problem}
      placeholder={t(datasets.length === 0 ? 'form.noDatasets' : 'form.chooseDataset')}
      searchable
      allowDeselect={false}
    />
  )
}
