import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Light } from '@/live/createRunStore'
import { useLive } from '@/live/RunContext'
import classes from './TopBar.module.css'

const COLOURS: Readonly<Record<Light, string>> = {
  idle: 'var(--ink-faint)',
  live: 'var(--status-done)',
  delayed: 'var(--status-warning)',
  offline: 'var(--status-failed)',
}

/** Whether what is seen is what happens. */
export function LiveLight() {
  const { t } = useTranslation('editor')
  const light = useLive((slice) => slice.light)
  if (light === 'idle') return null
  return (
    <Tooltip label={t(`live.${light}Help`)}>
      <span className={classes.light} data-testid="live-light" data-light={light}>
        <span
          className={classes.dot}
          style={{ '--dot': COLOURS[light] } as React.CSSProperties}
          aria-hidden
        />
        {t(`live.${light}`)}
      </span>
    </Tooltip>
  )
}
