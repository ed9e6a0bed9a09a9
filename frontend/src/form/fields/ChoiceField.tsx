import { SegmentedControl, Select } from '@mantine/core'
import type { FieldProps } from '../FieldProps'
import { labelOf } from '../schema'

/** Few short values lie open as a row of buttons, many fold into a list. */
export function ChoiceField({ value, onChange, schema, problem }: FieldProps) {
  const options = (schema.enum ?? []).map((option) => ({
    value: String(option),
    label: labelOf(option, schema),
  }))
  const choose = (text: string | null) => {
    const chosen = schema.enum?.find((option) => String(option) === text)
    if (chosen !== undefined) onChange(chosen)
  }
  const isShort = options.length <= 3 && options.reduce((sum, option) => sum + option.label.length, 0) <= 26
  if (isShort && !problem) {
    return (
      <SegmentedControl
        aria-label={schema.title ?? ''}
        data={options}
        value={String(value)}
        onChange={choose}
        size="xs"
        fullWidth
      />
    )
  }
  return (
    <Select
      aria-label={schema.title}
      data={options}
      value={String(value)}
      onChange={choose}
      error={problem}
      allowDeselect={false}
      searchable={options.length > 8}
      comboboxProps={{ withinPortal: true }}
    />
  )
}
