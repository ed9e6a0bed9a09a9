import { useTranslation } from 'react-i18next'
import { fieldsOf, titleOf } from '@/form/schema'
import { PortGlyph } from '../canvas/PortGlyph'
import type { NodeDescription, PortDescription } from '../graph/types'
import classes from './Inspector.module.css'

export function HelpTab({ description }: { description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const fields = fieldsOf(description.params, description.defaults)
  return (
    <div className={classes.help}>
      <p>
        <strong>{description.summary}</strong>
      </p>
      {description.detail && <p>{description.detail}</p>}
      {description.serve !== 'none' && <p>{t(`serve.${description.serve}`)}</p>}
      <Ports title={t('inspector.takes')} ports={description.inputs} />
      <Ports title={t('inspector.gives')} ports={description.outputs} />
      {fields.length > 0 && <h3>{t('inspector.parameters')}</h3>}
      {fields.map((field) => (
        <p key={field.name}>
          <strong>{titleOf(field)}</strong>
          <br />
          {field.schema.description}
        </p>
      ))}
    </div>
  )
}

function Ports({ title, ports }: { title: string; ports: readonly PortDescription[] }) {
  const { t } = useTranslation('editor')
  if (ports.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      {ports.map((port) => (
        <div key={port.name} className={classes.portLine}>
          <PortGlyph kind={port.wire} />
          <span>{port.label ?? port.name}</span>
          <span className={classes.sub}>
            {t(`wire.${port.wire}`)}
            {port.is_optional && ` · ${t('inspector.optional')}`}
          </span>
        </div>
      ))}
    </>
  )
}
