import { NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { FieldProps } from '../FieldProps'
import { isNullable } from '../schema'
import { useTextDraft } from '../useTextDraft'
import { Unit } from './Unit'

export function NumberField({ value, onChange, schema, problem }: FieldProps) {
  const { t } = useTranslation('editor')
  const commit = (text: string) => {
    if (text === '') onChange(isNullable(schema) ? null : (schema.default ?? null))
    else if (Number.isFinite(Number(text))) onChange(Number(text))
  }
  const draft = useTextDraft(typeof value === 'number' ? String(value) : '', commit)
  const low = schema.minimum ?? schema.exclusiveMinimum
  const high = schema.maximum ?? schema.exclusiveMaximum
  const number = Number(draft.text)
  const isOutside =
    draft.text !== '' && ((low !== undefined && number < low) || (high !== undefined && number > high))
  return (
    <NumberInput
      aria-label={schema.title}
      value={draft.text}
      onChange={(next) => draft.change(String(next))}
      onBlur={draft.flush}
      onKeyDown={(event) => event.key === 'Enter' && draft.flush()}
      allowDecimal={schema.type !== 'integer'}
      step={stepOf(schema.type === 'integer', low, high)}
      hideControls={schema['x-lepton']?.unit !== undefined}
      placeholder={isNullable(schema) ? t('form.automatic') : ''}
      error={problem ?? (isOutside ? t('form.range', { low: low ?? '−∞', high: high ?? '∞' }) : undefined)}
      {...(schema['x-lepton']?.unit
        ? { rightSection: <Unit schema={schema} />, rightSectionWidth: 'auto' }
        : {})}
    />
  )
}

function stepOf(isInteger: boolean, low: number | undefined, high: number | undefined): number {
  if (isInteger) return 1
  return low !== undefined && high !== undefined && high - low <= 1 ? 0.05 : 0.1
}
