import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ConnectionStatus } from '@/live/createRunStore'
import { useLive } from '@/live/RunContext'
import classes from './TopBar.module.css'

const COLOURS: Readonly<Record<ConnectionStatus, string>> = {
  idle: 'var(--ink-faint)',
  live: 'var(--status-done)',
  delayed: 'var(--status-warning)',
  offline: 'var(--status-failed)',
}

/** Whether events of the run arrive live, are polled, or the server cannot be reached. */
export function ConnectionStatusBadge() {
  const { t } = useTranslation('editor')
  const connection = useLive((slice) => slice.connection)
  if (connection === 'idle') return null
  return (
    <Tooltip label={t(`live.${connection}Help`)}>
      <span className={classes.connection} data-testid="connection-status" data-status={connection}>
        <span
          className={classes.dot}
          style={{ '--dot': COLOURS[connection] } as React.CSSProperties}
          aria-hidden
        />
        {t(`live.${connection}`)}
      </span>
    </Tooltip>
  )
}
