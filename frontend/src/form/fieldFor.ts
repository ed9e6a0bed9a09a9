import type { ComponentType } from 'react'
import { assertNever } from '@/lib/assertNever'
import type { FieldProps } from './FieldProps'
import { ChoiceField } from './fields/ChoiceField'
import { ColumnField, ColumnsField } from './fields/ColumnFields'
import { DatasetField } from './fields/DatasetField'
import { ChoicesField, ListField } from './fields/ListFields'
import { NumberField } from './fields/NumberField'
import { RowsField } from './fields/RowsField'
import { SwitchField } from './fields/SwitchField'
import { TextField } from './fields/TextField'
import type { FieldKind } from './schema'

/** The component that edits one kind of value. A new kind does not compile until it has one. */
export function fieldFor(kind: FieldKind): ComponentType<FieldProps> {
  switch (kind) {
    case 'text':
      return TextField
    case 'number':
      return NumberField
    case 'switch':
      return SwitchField
    case 'choice':
      return ChoiceField
    case 'choices':
      return ChoicesField
    case 'list':
      return ListField
    case 'column':
      return ColumnField
    case 'columns':
      return ColumnsField
    case 'dataset':
      return DatasetField
    case 'rows':
      return RowsField
    default:
      return assertNever(kind)
  }
}
