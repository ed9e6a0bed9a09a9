import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Json, Params } from '@/editor/graph/types'
import { FieldRow } from './FieldRow'
import classes from './form.module.css'
import { type Field, fieldsOf, isChanged, isShown } from './schema'

export interface ParamsFormProps {
  /** JSON Schema of the parameters. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly defaults: Params
  readonly params: Params
  /** Parameter to what is wrong with it. */
  readonly problems: Readonly<Record<string, string>>
  /** `undefined` goes back to the default. */
  readonly onChange: (name: string, value: Json | undefined) => void
  /** The person may read the fields and change none. */
  readonly isReadOnly?: boolean
}

export function ParamsForm({
  schema,
  defaults,
  params,
  problems,
  onChange,
  isReadOnly = false,
}: ParamsFormProps) {
  const { t } = useTranslation('editor')
  const fields = fieldsOf(schema, defaults)
  const shown = fields.filter((field) => isShown(field, fields, params))
  const plain = shown.filter((field) => !field.hints.advanced)
  const advanced = shown.filter((field) => field.hints.advanced)
  const row = (field: Field) => (
    <FieldRow
      key={field.name}
      field={field}
      params={params}
      problem={problems[field.name]}
      onChange={onChange}
    />
  )
  if (shown.length === 0) return <p className={classes.empty}>{t('form.noParams')}</p>
  return (
    <div className={classes.form}>
      <fieldset className={classes.rows} disabled={isReadOnly}>
        {plain.map(row)}
      </fieldset>
      {advanced.length > 0 && (
        <Advanced fields={advanced} params={params} problems={problems}>
          <fieldset className={classes.rows} disabled={isReadOnly}>
            {advanced.map(row)}
          </fieldset>
        </Advanced>
      )}
    </div>
  )
}

interface AdvancedProps {
  readonly fields: readonly Field[]
  readonly params: Params
  readonly problems: Readonly<Record<string, string>>
  readonly children: React.ReactNode
}

function Advanced({ fields, params, problems, children }: AdvancedProps) {
  const { t } = useTranslation('editor')
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const changed = fields.filter((field) => isChanged(field, params)).length
  const isUnfolded = isOpen || fields.some((field) => problems[field.name])
  return (
    <section className={classes.advanced}>
      <UnstyledButton
        className={classes.advancedToggle}
        aria-expanded={isUnfolded}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <IconChevronRight size={14} className={classes.chevron} data-open={isUnfolded} aria-hidden />
        {t('form.advanced')}
        {changed > 0 && <span className={classes.count}>{t('form.changedCount', { count: changed })}</span>}
      </UnstyledButton>
      <div id={id} hidden={!isUnfolded} className={classes.advancedBody}>
        {children}
      </div>
    </section>
  )
}
