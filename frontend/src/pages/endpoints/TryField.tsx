import { Autocomplete, Select, Slider, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Column } from '@/contracts'
import { formatNumber } from '@/lib/format'
import { stepOf } from '@/lib/tryForm'

export type TryFieldProps = {
  column: Column
  value: string | null
  problem: string | undefined
  onChange: (value: string | null) => void
}

function rangeOf({ minimum, maximum }: Column): string | undefined {
  if (minimum === null || maximum === null) return undefined
  return `${formatNumber(minimum)} – ${formatNumber(maximum)}`
}

/** A slider over the range seen in training. */
function WhatIf({ column, value, onChange }: Pick<TryFieldProps, 'column' | 'value' | 'onChange'>) {
  const { minimum, maximum } = column
  if (minimum === null || maximum === null || minimum >= maximum) return null
  const step = stepOf(column)
  const number = value === null || value === '' ? Number.NaN : Number(value)
  return (
    <Slider
      size="xs"
      mt={6}
      min={minimum}
      max={maximum}
      step={step}
      label={null}
      thumbLabel={column.name}
      value={Number.isFinite(number) ? Math.min(maximum, Math.max(minimum, number)) : minimum}
      onChange={(moved) => onChange(String(Number(moved.toPrecision(12))))}
    />
  )
}

/** One input of the endpoint: choices where they are known, the range seen in training where it is a number. */
export function TryField({ column, value, problem, onChange }: TryFieldProps) {
  const { t } = useTranslation()
  const shared = {
    label: column.name,
    error: problem,
    // The range stands under the field, so that fields with and without one stay in line.
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as (
      | 'label'
      | 'input'
      | 'description'
      | 'error'
    )[],
    'data-column': column.name,
    ...(column.nullable ? { placeholder: t('endpoint.missing') } : {}),
  }
  if (column.type === 'boolean') {
    return (
      <Select
        {...shared}
        data={[
          { value: 'true', label: t('value.true') },
          { value: 'false', label: t('value.false') },
        ]}
        value={value === '1' ? 'true' : value === '0' ? 'false' : value}
        clearable={column.nullable}
        onChange={onChange}
      />
    )
  }
  if (column.categories) {
    // Free text on purpose: the endpoint also answers values it has not seen, with a warning.
    return (
      <Autocomplete {...shared} data={column.categories} value={value ?? ''} limit={50} onChange={onChange} />
    )
  }
  const isNumber = column.type === 'number' || column.type === 'integer'
  const range = isNumber ? rangeOf(column) : undefined
  const input = (
    <TextInput
      {...shared}
      {...(range ? { description: range } : {})}
      inputMode={isNumber ? 'decimal' : 'text'}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
  return range ? (
    <div>
      {input}
      <WhatIf column={column} value={value} onChange={onChange} />
    </div>
  ) : (
    input
  )
}
