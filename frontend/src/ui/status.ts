import {
  type Icon,
  IconAlertTriangle,
  IconBan,
  IconBolt,
  IconCircle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconLoader2,
  IconPlayerSkipForward,
  IconPlugConnectedX,
  IconSettingsExclamation,
} from '@tabler/icons-react'

/** Every state anything can be in; each is drawn the same on a badge, a node and a list. */
export type Status =
  | 'unconfigured'
  | 'ready'
  | 'pending'
  | 'queued'
  | 'running'
  | 'cached'
  | 'done'
  | 'warning'
  | 'failed'
  | 'crashed'
  | 'skipped'
  | 'cancelled'
  | 'disabled'

type Drawing = { icon: Icon; colour: string }

/** Does a word of the server name a state that we draw? */
export function isStatus(word: string): word is Status {
  return word in STATUS
}

/** Icon and colour of a status; the word stands in the catalogue under `status.<name>`. */
export const STATUS: Record<Status, Drawing> = {
  unconfigured: { icon: IconSettingsExclamation, colour: 'var(--status-unconfigured)' },
  ready: { icon: IconCircle, colour: 'var(--status-ready)' },
  pending: { icon: IconCircleDashed, colour: 'var(--status-ready)' },
  queued: { icon: IconClock, colour: 'var(--status-queued)' },
  running: { icon: IconLoader2, colour: 'var(--status-running)' },
  cached: { icon: IconBolt, colour: 'var(--status-cached)' },
  done: { icon: IconCircleCheck, colour: 'var(--status-done)' },
  warning: { icon: IconAlertTriangle, colour: 'var(--status-warning)' },
  failed: { icon: IconCircleX, colour: 'var(--status-failed)' },
  crashed: { icon: IconPlugConnectedX, colour: 'var(--status-failed)' },
  skipped: { icon: IconPlayerSkipForward, colour: 'var(--status-skipped)' },
  cancelled: { icon: IconBan, colour: 'var(--status-cancelled)' },
  disabled: { icon: IconCircleDashed, colour: 'var(--status-disabled)' },
}
