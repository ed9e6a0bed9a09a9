import { TextInput } from '@mantine/core'
import type { FieldProps } from '../FieldProps'
import { useTextDraft } from '../useTextDraft'
import { Unit } from './Unit'

export function TextField({ value, onChange, schema, problem }: FieldProps) {
  const draft = useTextDraft(typeof value === 'string' ? value : '', onChange)
  return (
    <TextInput
      aria-label={schema.title}
      value={draft.text}
      onChange={(event) => draft.change(event.currentTarget.value)}
      onBlur={draft.flush}
      onKeyDown={(event) => event.key === 'Enter' && draft.flush()}
      error={problem}
      maxLength={schema.maxLength ?? 1000}
      rightSection={<Unit schema={schema} />}
    />
  )
}
