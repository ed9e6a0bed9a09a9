/** For how many days a token may be made to last; `never` for one that does not end by itself. */
export const LIFETIMES = ['1', '7', '30', '90', '365', 'never'] as const
export type Lifetime = (typeof LIFETIMES)[number]

const DAY = 24 * 60 * 60 * 1000

/** When a token that is made now ends, or null. */
export function endOf(lifetime: Lifetime, now: Date): string | null {
  return lifetime === 'never' ? null : new Date(now.getTime() + Number(lifetime) * DAY).toISOString()
}

/** Whether a token has ended by itself. */
export function hasEnded(expiresAt: string | null | undefined, now: Date): boolean {
  return expiresAt != null && new Date(expiresAt).getTime() <= now.getTime()
}
