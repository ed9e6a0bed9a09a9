import type { FieldSchema } from '../schema'
import classes from './fields.module.css'

export function Unit({ schema }: { schema: FieldSchema }) {
  const unit = schema['x-lepton']?.unit
  return unit ? <span className={classes.unit}>{unit}</span> : null
}
