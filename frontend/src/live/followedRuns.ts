import { followRun, type RunEventSource } from './runEventStream'
import { isActive, type RunState } from './runState'

/** A browser holds few connections to one place; runs beyond these are seen as often as their list is fetched. */
const MOST = 8

interface Followed {
  run: RunState | null
  readonly listeners: Set<() => void>
  stop: () => void
}

/** Runs that are on show in lists, each followed by its events once, however often it stands there. */
export class FollowedRuns {
  private readonly followed = new Map<string, Followed>()

  /** `onEnd`: told of each run that ended, so that lists which show it are fetched anew. */
  constructor(
    private readonly source: RunEventSource,
    private readonly onEnd: () => void,
  ) {}

  /** The run as its events tell it; nothing until the first of them came. */
  latest(id: string): RunState | null {
    return this.followed.get(id)?.run ?? null
  }

  /** Follow a run for as long as somebody listens. Returns the way to stop. */
  follow(id: string, listener: () => void): () => void {
    const followed = this.followed.get(id) ?? this.begin(id)
    if (!followed) return () => undefined
    followed.listeners.add(listener)
    return () => {
      followed.listeners.delete(listener)
      if (followed.listeners.size > 0) return
      followed.stop()
      this.followed.delete(id)
    }
  }

  private begin(id: string): Followed | null {
    if (this.followed.size >= MOST) return null
    const followed: Followed = { run: null, listeners: new Set(), stop: () => undefined }
    this.followed.set(id, followed)
    followed.stop = followRun(id, this.source, {
      onRun: (run) => {
        const isEnd = !isActive(run.state) && (followed.run === null || isActive(followed.run.state))
        followed.run = run
        for (const listener of followed.listeners) listener()
        if (isEnd) this.onEnd()
      },
      onConnectionStatus: () => undefined,
    })
    return followed
  }
}
