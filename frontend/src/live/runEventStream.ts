import type { Run, RunEvent } from '@/contracts'
import type { ConnectionStatus } from './createRunStore'
import { hasGap, reduce } from './reduce'
import { fromSnapshot, isActive, type RunState, withSnapshot } from './runState'

/** Where a stream reads a run and its events from; tests pass their own. */
export interface RunEventSource {
  readonly fetchRun: (id: string) => Promise<Run>
  readonly fetchEvents: (
    id: string,
    after: number,
  ) => Promise<{ events: readonly RunEvent[]; last_seq: number }>
  readonly openSocket: (id: string, after: number, listener: SocketListener) => { close: () => void }
}

export interface SocketListener {
  readonly onOpen: () => void
  readonly onText: (text: string) => void
  readonly onClose: (code: number) => void
}

export interface StreamListener {
  readonly onRun: (run: RunState) => void
  readonly onConnectionStatus: (status: ConnectionStatus) => void
}

const FLUSH_MS = 100
const POLL_MS = 2000
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000
/** Close code of a run that this person may not see: trying again is no use. */
const NOT_FOUND = 4404

/**
 * Follow a run until it is over: snapshot, all events so far, then the socket. A gap in the sequence numbers is fetched;
 * while the socket is down the same events are polled. Returns the way to stop.
 */
export function followRun(id: string, source: RunEventSource, listener: StreamListener): () => void {
  const stream = new RunEventStream(id, source, listener)
  void stream.start()
  return () => stream.stop()
}

class RunEventStream {
  private run: RunState | null = null
  private socket: { close: () => void } | null = null
  private timers = new Set<ReturnType<typeof setTimeout>>()
  private flushing = false
  private fetching = false
  private isPolling = false
  private retryMs = FIRST_RETRY_MS
  private isStopped = false
  private isOpen = false

  constructor(
    private readonly id: string,
    private readonly source: RunEventSource,
    private readonly listener: StreamListener,
  ) {}

  async start(): Promise<void> {
    try {
      this.take(fromSnapshot(await this.source.fetchRun(this.id)))
      await this.catchUp()
      this.publish()
      this.proceed()
    } catch {
      this.listener.onConnectionStatus('offline')
      this.later(() => void this.start(), this.backOff())
    }
  }

  stop(): void {
    this.isStopped = true
    for (const timer of this.timers) clearTimeout(timer)
    this.closeSocket()
  }

  private proceed(): void {
    if (this.isStopped || !this.run) return
    if (isActive(this.run.state)) this.connect()
    else this.finish()
  }

  private finish(): void {
    this.closeSocket()
    this.publish()
    this.listener.onConnectionStatus('idle')
    for (const timer of this.timers) clearTimeout(timer)
  }

  private connect(): void {
    let isCurrent = true
    const socket = this.source.openSocket(this.id, this.run?.seq ?? 0, {
      onOpen: () => {
        if (!isCurrent || this.isStopped) return
        this.isOpen = true
        this.retryMs = FIRST_RETRY_MS
        this.listener.onConnectionStatus('live')
      },
      onText: (text) => {
        if (isCurrent) this.receive(JSON.parse(text) as RunEvent)
      },
      onClose: (code) => {
        if (!isCurrent) return
        isCurrent = false
        this.lost(code)
      },
    })
    this.socket = {
      close: () => {
        isCurrent = false
        socket.close()
      },
    }
  }

  private lost(code: number): void {
    this.isOpen = false
    this.socket = null
    if (this.isStopped || code === NOT_FOUND) return
    this.listener.onConnectionStatus('delayed')
    this.startPolling()
    this.later(() => this.reconnect(), this.backOff())
  }

  private reconnect(): void {
    if (!this.socket && this.run && isActive(this.run.state)) this.connect()
  }

  private receive(event: RunEvent): void {
    if (!this.run || this.isStopped || event.seq <= this.run.seq) return
    if (hasGap(this.run, event)) void this.fill()
    else this.take(reduce(this.run, event))
    this.flushSoon()
  }

  private async fill(): Promise<void> {
    if (this.fetching) return
    this.fetching = true
    try {
      await this.catchUp()
      this.flushSoon()
    } catch {
      this.listener.onConnectionStatus('delayed')
    } finally {
      this.fetching = false
    }
  }

  /** Poll until the socket is open again; every failed attempt to reconnect comes here too. */
  private startPolling(): void {
    if (this.isPolling) return
    this.isPolling = true
    this.later(() => void this.poll(), POLL_MS)
  }

  private async poll(): Promise<void> {
    if (this.isStopped || this.isOpen || !this.run || !isActive(this.run.state)) {
      this.isPolling = false
      return
    }
    try {
      await this.catchUp()
      this.take(withSnapshot(this.run, await this.source.fetchRun(this.id)))
      this.listener.onConnectionStatus('delayed')
      this.flushSoon()
    } catch {
      this.listener.onConnectionStatus('offline')
    }
    this.later(() => void this.poll(), POLL_MS)
  }

  /** Fetch page after page of events until none is missing. */
  private async catchUp(): Promise<void> {
    for (;;) {
      const before = this.run?.seq ?? 0
      const page = await this.source.fetchEvents(this.id, before)
      if (this.isStopped || !this.run) return
      this.take(page.events.reduce(reduce, this.run))
      if (page.events.length === 0 || this.run.seq >= page.last_seq || this.run.seq === before) return
    }
  }

  private take(run: RunState): void {
    this.run = run
  }

  /** Hand the run to the page at most ten times a second. */
  private flushSoon(): void {
    if (this.flushing) return
    this.flushing = true
    this.later(() => {
      this.flushing = false
      this.publish()
      if (this.run && !isActive(this.run.state)) void this.settle()
    }, FLUSH_MS)
  }

  /** The run is over: one last snapshot, so that what the page shows is what the database says. */
  private async settle(): Promise<void> {
    try {
      const fresh = await this.source.fetchRun(this.id)
      if (this.run) this.take(withSnapshot(this.run, fresh))
    } finally {
      this.finish()
    }
  }

  private publish(): void {
    if (this.run && !this.isStopped) this.listener.onRun(this.run)
  }

  private backOff(): number {
    const wait = this.retryMs
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS)
    return wait
  }

  private later(action: () => void, delayMs: number): void {
    if (this.isStopped) return
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      if (!this.isStopped) action()
    }, delayMs)
    this.timers.add(timer)
  }

  private closeSocket(): void {
    this.socket?.close()
    this.socket = null
    this.isOpen = false
  }
}
