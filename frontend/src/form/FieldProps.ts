import type { Json } from '@/editor/graph/types'
import type { FieldSchema } from './schema'

export interface FieldProps {
  readonly value: Json
  readonly onChange: (value: Json) => void
  readonly schema: FieldSchema
  readonly problem: string | undefined
}
