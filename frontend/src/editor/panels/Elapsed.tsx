import { useEffect, useState } from 'react'
import { formatDuration, secondsBetween } from '@/lib/format'
import { useLive } from '@/live/RunContext'
import { isActive } from '@/live/runState'
import classes from './RunPanel.module.css'

/** How long the run has taken; counts on while it goes on. */
export function Elapsed() {
  const startedAt = useLive((slice) => slice.run?.startedAt ?? null)
  const finishedAt = useLive((slice) => slice.run?.finishedAt ?? null)
  const isMoving = useLive((slice) => slice.run !== null && isActive(slice.run.state))
  const now = useNow(isMoving)
  if (!startedAt) return null
  return (
    <span className={classes.soft}>
      {formatDuration(Math.max(0, secondsBetween(startedAt, finishedAt, now)))}
    </span>
  )
}

/** The time, once a second while asked for. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!isTicking) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isTicking])
  return now
}
