import { expect, it, vi } from 'vitest'
import type { Run, RunEvent } from '@/contracts'
import { FollowedRuns } from './followedRuns'
import type { SocketListener } from './runEventStream'

/** A server whose runs move; `say` sends an event of one to those who listen. */
function server() {
  const sockets = new Map<string, SocketListener>()
  const close = vi.fn()
  const state = { now: 'running' }
  return {
    sockets,
    close,
    state,
    source: {
      fetchRun: async (id: string) =>
        ({ id, state: state.now, nodes: [], last_seq: 0, created_at: '' }) as unknown as Run,
      fetchEvents: async () => ({ events: [] as RunEvent[], last_seq: 0 }),
      openSocket: (id: string, _after: number, listener: SocketListener) => {
        sockets.set(id, listener)
        return { close }
      },
    },
    end: (id: string) => {
      state.now = 'done'
      sockets
        .get(id)
        ?.onText(JSON.stringify({ kind: 'run.status', run: id, seq: 1, at: '', state: 'done', message: '' }))
    },
  }
}

it('follows a run once for all who show it, says that it ended, and stops with the last of them', async () => {
  const { source, sockets, end, close } = server()
  const onEnd = vi.fn()
  const runs = new FollowedRuns(source, onEnd)
  const open = vi.spyOn(source, 'openSocket')
  const seen = vi.fn()
  const leave = [runs.follow('a', seen), runs.follow('a', () => undefined)]
  await vi.waitFor(() => expect(sockets.has('a')).toBe(true))
  expect(open).toHaveBeenCalledTimes(1)
  expect(runs.latest('a')?.state).toBe('running')
  expect(onEnd).not.toHaveBeenCalled()
  end('a')
  await vi.waitFor(() => expect(runs.latest('a')?.state).toBe('done'))
  await vi.waitFor(() => expect(close).toHaveBeenCalled())
  expect(onEnd).toHaveBeenCalledTimes(1)
  expect(seen).toHaveBeenCalled()
  leave[0]?.()
  expect(runs.latest('a')).not.toBeNull()
  leave[1]?.()
  expect(runs.latest('a')).toBeNull()
})

it('says of a run that was over before it was looked at that it is', async () => {
  const { source, state } = server()
  state.now = 'failed'
  const onEnd = vi.fn()
  const runs = new FollowedRuns(source, onEnd)
  runs.follow('a', () => undefined)
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalledTimes(1))
})

it('opens few connections however many runs move', async () => {
  const { source, sockets } = server()
  const runs = new FollowedRuns(source, () => undefined)
  const leave = Array.from({ length: 20 }, (_, number) => runs.follow(`run ${number}`, () => undefined))
  await vi.waitFor(() => expect(sockets.size).toBe(8))
  leave[0]?.()
  runs.follow('another', () => undefined)
  await vi.waitFor(() => expect(sockets.has('another')).toBe(true))
})
