import { ActionIcon, Button } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Json, Params } from '@/editor/graph/types'
import type { FieldProps } from '../FieldProps'
import { fieldFor } from '../fieldFor'
import { currentValue, fieldsOf, isShown, titleOf } from '../schema'
import classes from './fields.module.css'

/** A list of small flat objects, one line each. */
export function RowsField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const rows = Array.isArray(value) ? (value as readonly Params[]) : []
  const fields = fieldsOf({ properties: inherited(schema) })
  const change = (index: number, name: string, next: Json) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, [name]: next } : row)))
  const blank = Object.fromEntries(fields.map((field) => [field.name, field.fallback ?? '']))
  return (
    <div className={classes.rows}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own
        <div key={index} className={classes.row}>
          <div className={classes.rowFields}>
            {fields
              .filter((field) => isShown(field, fields, row))
              .map((field) => {
                const Field = fieldFor(field.kind)
                return (
                  <div key={field.name}>
                    <div className={classes.rowLabel}>{titleOf(field)}</div>
                    <Field
                      value={currentValue(field, row)}
                      onChange={(next) => change(index, field.name, next)}
                      schema={field.schema}
                      problem={undefined}
                    />
                  </div>
                )
              })}
          </div>
          <ActionIcon
            aria-label={t('form.removeRow')}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      {problem && <div className={classes.problem}>{problem}</div>}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...rows, blank])}
        disabled={schema.maxItems !== undefined && rows.length >= schema.maxItems}
      >
        {t('form.addRow')}
      </Button>
    </div>
  )
}

/** Column pickers inside a row look at the input that the list names, unless they name their own. */
function inherited(schema: FieldProps['schema']): Readonly<Record<string, FieldProps['schema']>> {
  const of = schema['x-lepton']?.of
  const properties = schema.items?.properties ?? {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => {
      const hints = inner['x-lepton']
      const needsOf = of !== undefined && hints?.widget !== undefined && hints.of === undefined
      return [name, needsOf ? { ...inner, 'x-lepton': { ...hints, of } } : inner]
    }),
  )
}
