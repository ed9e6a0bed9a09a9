import { Fragment } from 'react'
import classes from './form.module.css'
import type { ParamLine } from './paramLines'

/** Parameters to be read, those that somebody set in bold. */
export function ParamsList({ lines }: { lines: readonly ParamLine[] }) {
  return (
    <dl className={classes.read}>
      {lines.map(({ name, value, isSet }) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd data-set={isSet || undefined}>{value}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
