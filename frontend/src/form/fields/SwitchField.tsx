import { Switch } from '@mantine/core'
import type { FieldProps } from '../FieldProps'

export function SwitchField({ value, onChange, schema, problem }: FieldProps) {
  return (
    <Switch
      aria-label={schema.title}
      checked={value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
      error={problem}
      size="sm"
    />
  )
}
