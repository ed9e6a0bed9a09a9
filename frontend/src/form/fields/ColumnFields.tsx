import { MultiSelect, Select, type SelectProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Column } from '@/contracts'
import type { FieldProps } from '../FieldProps'
import { useFormContext } from '../FormContext'
import type { FieldSchema } from '../schema'
import classes from './fields.module.css'

/** The columns on offer, a chosen one that is not among them included, so that it can be seen and taken away. */
function useColumns(schema: FieldSchema, chosen: readonly string[]) {
  const { of = 'table', types } = schema['x-lepton'] ?? {}
  const { columns } = useFormContext().columnsAt(of)
  const fitting = columns.filter((column) => !types || types.includes(column.type))
  const names = new Set(fitting.map((column) => column.name))
  const missing = chosen.filter((name) => name !== '' && !names.has(name))
  const typeOf = new Map(columns.map((column) => [column.name, column.type]))
  return { data: [...names, ...missing], typeOf, isEmpty: columns.length === 0 }
}

function optionWith(typeOf: ReadonlyMap<string, Column['type']>): NonNullable<SelectProps['renderOption']> {
  return ({ option }) => {
    return (
      <span className={classes.columnOption}>
        <span className={classes.columnName}>{option.value}</span>
        <span className={classes.columnType}>{typeOf.get(option.value) ?? '?'}</span>
      </span>
    )
  }
}

export function ColumnField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const chosen = typeof value === 'string' ? value : ''
  const { data, typeOf, isEmpty } = useColumns(schema, [chosen])
  return (
    <Select
      aria-label={schema.title}
      data={data}
      value={chosen || null}
      onChange={(name) => onChange(name ?? '')}
      error={problem}
      renderOption={optionWith(typeOf)}
      placeholder={t(isEmpty ? 'form.noColumnsYet' : 'form.chooseColumn')}
      nothingFoundMessage={t('form.noSuchColumn')}
      searchable
      clearable
    />
  )
}

export function ColumnsField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const chosen = Array.isArray(value) ? value.map(String) : []
  const { data, typeOf, isEmpty } = useColumns(schema, chosen)
  return (
    <MultiSelect
      aria-label={schema.title}
      data={data}
      value={chosen}
      onChange={onChange}
      error={problem}
      renderOption={optionWith(typeOf)}
      placeholder={chosen.length > 0 ? '' : t(isEmpty ? 'form.noColumnsYet' : 'form.automaticColumns')}
      nothingFoundMessage={t('form.noSuchColumn')}
      searchable
      clearable
    />
  )
}
