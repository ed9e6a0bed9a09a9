import type { TFunction } from 'i18next'
import type { Endpoint } from '@/contracts'
import type { Status } from '@/ui'

/** Above this share of failed requests an endpoint is not well; a few requests say nothing. */
const SICK_SHARE = 0.05
const ENOUGH_REQUESTS = 20

const STATUSES: Record<Endpoint['state'], Status> = {
  ready: 'done',
  starting: 'queued',
  failed: 'failed',
  offline: 'warning',
  waiting: 'pending',
}

/** How well an endpoint does: loaded at all, and how many of its requests fail. */
export function statusOfEndpoint(
  endpoint: Pick<Endpoint, 'state' | 'traffic'>,
  t: TFunction,
): { status: Status; label: string } {
  const { requests, errors } = endpoint.traffic
  const isSick = endpoint.state === 'ready' && requests >= ENOUGH_REQUESTS && errors / requests > SICK_SHARE
  if (isSick) return { status: 'warning', label: t('endpoint.manyErrors') }
  return { status: STATUSES[endpoint.state], label: t(`endpoint.state.${endpoint.state}`) }
}
