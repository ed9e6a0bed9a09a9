import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Run, RunEvent } from '@/contracts'
import { hasGap, reduce, reduceAll } from './reduce'
import { followRun, type RunEventSource, type SocketListener } from './runEventStream'
import { fromSnapshot, type RunState } from './runState'
import { append, EMPTY_SERIES, lastValue, stepsOf, valuesOf } from './series'

const RUN = {
  id: 'r1',
  graph: 'g1',
  number: 1,
  state: 'running',
  message: '',
  created_at: '2026-01-01T10:00:00Z',
  started_at: '2026-01-01T10:00:00Z',
  finished_at: null,
  last_seq: 0,
  nodes: [
    {
      node: 'tune',
      type: 'tune.tune',
      title: '',
      state: 'running',
      progress: 0,
      progress_text: '',
      attempt: 1,
      headline: '',
      error: null,
      outputs: {},
      started_at: null,
      finished_at: null,
      is_cached: false,
      device: '',
    },
  ],
} as unknown as Run

type Loose = { kind: RunEvent['kind'] } & Record<string, unknown>
const event = (seq: number, body: Loose) =>
  ({ run: 'r1', seq, at: '2026-01-01T10:00:01Z', ...body }) as unknown as RunEvent
const point = (seq: number, step: number, value: number | null = step) =>
  event(seq, { kind: 'metric.points', node: 'tune', points: [{ name: 'loss', step, value }] })
const over = (seq: number) => event(seq, { kind: 'run.status', state: 'done', message: '' })

function curve(run: RunState): number[] {
  const series = run.nodes['tune']?.curves['loss']
  return series ? [...stepsOf(series)] : []
}

describe('a curve', () => {
  it('grows beyond its first memory without losing a point', () => {
    const points = Array.from({ length: 1000 }, (_, step) => ({ step, value: step * 2 }))
    const series = append(EMPTY_SERIES, points)
    expect(series.length).toBe(1000)
    expect(valuesOf(series)[999]).toBe(1998)
  })

  it('replaces steps that are done again from a checkpoint', () => {
    const series = append(
      append(
        EMPTY_SERIES,
        [0, 1, 2, 3].map((step) => ({ step, value: 1 })),
      ),
      [{ step: 2, value: 9 }],
    )
    expect([...stepsOf(series)]).toEqual([0, 1, 2])
    expect(lastValue(series)).toBe(9)
  })

  it('leaves an older value as it was', () => {
    const before = append(EMPTY_SERIES, [{ step: 0, value: 1 }])
    append(before, [{ step: 1, value: 2 }])
    expect([...stepsOf(before)]).toEqual([0])
  })
})

describe('folding events', () => {
  it('changes nothing when an event comes twice', () => {
    const once = reduceAll(fromSnapshot(RUN), [point(1, 0), point(2, 1)])
    expect(reduceAll(once, [point(1, 0), point(2, 1)])).toBe(once)
  })

  it('touches only the node that the event names', () => {
    const before = fromSnapshot({ ...RUN, nodes: [...RUN.nodes, { ...RUN.nodes[0], node: 'other' }] } as Run)
    const after = reduce(before, point(1, 0))
    expect(after.nodes['other']).toBe(before.nodes['other'])
    expect(after.nodes['tune']).not.toBe(before.nodes['tune'])
  })

  it('takes curves but no states from events older than the snapshot', () => {
    const snapshot = { ...fromSnapshot(RUN), snapshotSeq: 5, state: 'done' as const }
    const after = reduceAll(snapshot, [
      event(1, { kind: 'run.status', state: 'running', message: '' }),
      point(2, 0),
    ])
    expect(after.state).toBe('done')
    expect(curve(after)).toEqual([0])
  })

  it('keeps what a node does with its id and parameters, from the snapshot and from events', () => {
    const parts = { id: 'progress.trial', params: { trial: 2, count: 5 } }
    const [node] = RUN.nodes
    const stored = fromSnapshot({
      ...RUN,
      nodes: [{ ...node, progress_text: 'Trial 2 of 5', progress_text_parts: parts }],
    } as Run)
    expect(stored.nodes['tune']?.progressTextParts).toEqual(parts)
    const told = { kind: 'node.progress', node: 'tune', share: 0.2, text: 'Trial 2 of 5' } as const
    const live = reduce(fromSnapshot(RUN), event(1, { ...told, text_parts: parts }))
    expect(live.nodes['tune']?.progressTextParts).toEqual(parts)
    const older = reduce(live, event(2, told))
    expect(older.nodes['tune']?.progressTextParts).toBeNull()
  })

  it('ignores a status of an attempt that was given up', () => {
    const status = (seq: number, attempt: number, state: string) =>
      event(seq, {
        kind: 'node.status',
        node: 'tune',
        attempt,
        state,
        headline: '',
        error: null,
        outputs: {},
      })
    const after = reduceAll(fromSnapshot(RUN), [status(1, 2, 'running'), status(2, 1, 'failed')])
    expect(after.nodes['tune']).toMatchObject({ state: 'running', attempt: 2 })
  })

  it('marks one best trial and keeps trials in order', () => {
    const trial = (seq: number, number: number, is_best: boolean) =>
      event(seq, {
        kind: 'trial.finished',
        node: 'tune',
        trial: { number, params: {}, value: number, state: 'done', seconds: 1, is_best },
      })
    const after = reduceAll(fromSnapshot(RUN), [trial(1, 1, true), trial(2, 0, false), trial(3, 2, true)])
    expect(after.nodes['tune']?.trials.map(({ number, is_best }) => [number, is_best])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ])
  })

  it('keeps a gap in a curve as a gap', () => {
    const after = reduce(fromSnapshot(RUN), point(1, 0, null))
    const series = after.nodes['tune']?.curves['loss']
    expect(series && Number.isNaN(lastValue(series))).toBe(true)
  })

  it('sees when events are missing', () => {
    expect(hasGap(fromSnapshot(RUN), point(2, 0))).toBe(true)
    expect(hasGap(fromSnapshot(RUN), point(1, 0))).toBe(false)
  })
})

describe('following a run', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A server with a log of events; sockets hand over what the test sends. */
  function server(log: RunEvent[]) {
    const sockets: { after: number; listener: SocketListener }[] = []
    let isDown = false
    const source: RunEventSource = {
      fetchRun: async () => {
        if (isDown) throw new Error('offline')
        return { ...RUN, state: log.some(({ kind }) => kind === 'run.status') ? 'done' : 'running' } as Run
      },
      fetchEvents: async (_id, after) => {
        if (isDown) throw new Error('offline')
        const events = log.filter(({ seq }) => seq > after).slice(0, 2)
        return { events, last_seq: log.at(-1)?.seq ?? 0 }
      },
      openSocket: (_id, after, listener) => {
        sockets.push({ after, listener })
        return { close: () => undefined }
      },
    }
    return { source, sockets, setDown: (down: boolean) => (isDown = down) }
  }

  function watch(source: RunEventSource) {
    const seen: { run: RunState | null; statuses: string[]; draws: number } = {
      run: null,
      statuses: [],
      draws: 0,
    }
    const stop = followRun('r1', source, {
      onRun: (run) => {
        seen.run = run
        seen.draws += 1
      },
      onConnectionStatus: (status) => seen.statuses.push(status),
    })
    return { seen, stop }
  }

  const send = (socket: { listener: SocketListener } | undefined, sent: RunEvent) =>
    socket?.listener.onText(JSON.stringify(sent))

  it('reads every page of what was missed, then goes on from there by socket', async () => {
    const { source, sockets } = server([point(1, 0), point(2, 1), point(3, 2), point(4, 3), point(5, 4)])
    const { seen } = watch(source)
    await vi.advanceTimersByTimeAsync(0)
    expect(seen.run && curve(seen.run)).toEqual([0, 1, 2, 3, 4])
    expect(sockets[0]?.after).toBe(5)
  })

  it('fetches what a gap left out, and doubles nothing', async () => {
    const log = [point(1, 0)]
    const { source, sockets } = server(log)
    const { seen } = watch(source)
    await vi.advanceTimersByTimeAsync(0)
    sockets[0]?.listener.onOpen()
    log.push(point(2, 1), point(3, 2), point(4, 3))
    send(sockets[0], point(4, 3))
    await vi.advanceTimersByTimeAsync(200)
    send(sockets[0], point(3, 2))
    await vi.advanceTimersByTimeAsync(200)
    expect(seen.run && curve(seen.run)).toEqual([0, 1, 2, 3])
  })

  it('draws a burst of events at most ten times a second', async () => {
    const { source, sockets } = server([])
    const { seen } = watch(source)
    await vi.advanceTimersByTimeAsync(0)
    const before = seen.draws
    for (let seq = 1; seq <= 500; seq += 1) {
      send(sockets[0], point(seq, seq))
      await vi.advanceTimersByTimeAsync(2)
    }
    await vi.advanceTimersByTimeAsync(100)
    expect(seen.draws - before).toBeLessThanOrEqual(12)
    expect(seen.run && curve(seen.run)).toHaveLength(500)
  })

  it('polls while the socket is away and says so, then connects again', async () => {
    const log = [point(1, 0)]
    const { source, sockets, setDown } = server(log)
    const { seen } = watch(source)
    await vi.advanceTimersByTimeAsync(0)
    sockets[0]?.listener.onOpen()
    expect(seen.statuses.at(-1)).toBe('live')
    sockets[0]?.listener.onClose(1006)
    expect(seen.statuses.at(-1)).toBe('delayed')
    log.push(point(2, 1))
    await vi.advanceTimersByTimeAsync(2500)
    expect(seen.run && curve(seen.run)).toEqual([0, 1])
    setDown(true)
    await vi.advanceTimersByTimeAsync(2500)
    expect(seen.statuses.at(-1)).toBe('offline')
    setDown(false)
    sockets.at(-1)?.listener.onOpen()
    expect(sockets.length).toBeGreaterThan(1)
    expect(seen.statuses.at(-1)).toBe('live')
  })

  it('polls once every two seconds, however often connecting again fails', async () => {
    const { source, sockets } = server([point(1, 0)])
    const fetchRun = vi.fn(source.fetchRun)
    watch({ ...source, fetchRun })
    await vi.advanceTimersByTimeAsync(0)
    for (let closed = 0; closed < sockets.length && closed < 8; closed += 1) {
      sockets[closed]?.listener.onClose(1006)
      await vi.advanceTimersByTimeAsync(15_000)
    }
    expect(sockets.length).toBeGreaterThan(8)
    fetchRun.mockClear()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(fetchRun.mock.calls.length).toBeLessThanOrEqual(10)
  })

  it('opens no socket again for a run that may not be seen', async () => {
    const { source, sockets } = server([])
    watch(source)
    await vi.advanceTimersByTimeAsync(0)
    sockets[0]?.listener.onClose(4404)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sockets).toHaveLength(1)
  })

  it('ends with the snapshot of the database when the run is over', async () => {
    const log = [point(1, 0)]
    const { source, sockets } = server(log)
    const { seen } = watch(source)
    await vi.advanceTimersByTimeAsync(0)
    log.push(over(2))
    send(sockets[0], over(2))
    await vi.advanceTimersByTimeAsync(500)
    expect(seen.run?.state).toBe('done')
    expect(curve(seen.run as RunState)).toEqual([0])
    expect(seen.statuses.at(-1)).toBe('idle')
  })
})
