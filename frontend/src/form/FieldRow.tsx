import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Json, Params } from '@/editor/graph/types'
import { fieldFor } from './fieldFor'
import classes from './form.module.css'
import { brief, currentValue, type Field, isChanged, titleOf } from './schema'

interface FieldRowProps {
  readonly field: Field
  readonly params: Params
  readonly problem: string | undefined
  readonly onChange: (name: string, value: Json | undefined) => void
}

/** A label, the mark of a changed value with the way back, the field, and its help. */
export function FieldRow({ field, params, problem, onChange }: FieldRowProps) {
  const { t } = useTranslation('editor')
  const Input = fieldFor(field.kind)
  const changed = isChanged(field, params)
  const isInline = field.kind === 'switch'
  return (
    <div className={classes.field} data-inline={isInline} data-testid={`param-${field.name}`}>
      <div className={classes.label}>
        <span className={classes.mark} data-changed={changed} aria-hidden />
        <span>{titleOf(field)}</span>
        {changed && (
          <Tooltip label={t('form.reset', { value: brief(field.fallback) || t('form.nothing') })}>
            <ActionIcon
              size="xs"
              aria-label={t('form.resetLabel', { name: titleOf(field) })}
              onClick={() => onChange(field.name, undefined)}
            >
              <IconArrowBackUp size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <div className={classes.input}>
        <Input
          value={currentValue(field, params)}
          onChange={(value) => onChange(field.name, value)}
          schema={{ ...field.schema, title: titleOf(field) }}
          problem={problem}
        />
      </div>
      {field.schema.description && <p className={classes.help}>{field.schema.description}</p>}
    </div>
  )
}
