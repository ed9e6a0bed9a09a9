import { client, unwrap } from '@/api/client'
import type { RunEvent } from '@/contracts'
import type { RunEventSource } from './runEventStream'

const PAGE = 1000
const SAY_SEEN_MS = 500

/** The server as a source of a run's events: REST for what was, the socket for what comes. */
export const serverSource: RunEventSource = {
  fetchRun: (id) => unwrap(client.GET('/api/v1/runs/{id}/', { params: { path: { id } } })),
  fetchEvents: async (id, after) => {
    const page = await unwrap(
      client.GET('/api/v1/runs/{id}/events/', { params: { path: { id }, query: { after, limit: PAGE } } }),
    )
    // The union of events has types of its own, generated beside those of the API.
    return { events: page.events as unknown as RunEvent[], last_seq: page.last_seq }
  },
  openSocket: (id, after, { onOpen, onText, onClose }) => {
    const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${window.location.host}/ws/runs/${id}/?after=${after}`)
    socket.onopen = onOpen
    // The server sends only so much more than it knows to be read, so that a stalled page costs it nothing.
    let told = after
    let last = after
    const timer = setInterval(() => {
      if (last === told || socket.readyState !== WebSocket.OPEN) return
      told = last
      socket.send(JSON.stringify({ seen: last }))
    }, SAY_SEEN_MS)
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return
      last = Math.max(last, Number(/"seq": ?(\d+)/.exec(data)?.[1] ?? 0))
      onText(data)
    }
    socket.onclose = ({ code }) => {
      clearInterval(timer)
      onClose(code)
    }
    return {
      close: () => {
        clearInterval(timer)
        socket.close()
      },
    }
  },
}
