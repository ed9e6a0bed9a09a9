// @vitest-environment jsdom

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { queryClient } from './queryClient'
import { sessionKeys } from './session'
import { uploadFile } from './uploads'
import { chooseWorkspace } from './workspace'

beforeEach(() => signIn('ada'))

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  localStorage.clear()
  queryClient.clear()
})

const UPLOAD = { id: 'u1', name: 'houses.csv', bytes: 8, part_bytes: 4, received: [] }
const file = new File([new Uint8Array(8)], 'houses.csv', { lastModified: 1 })
const KEY = 'lepton.upload.ada:w1:houses.csv:8:1'

function signIn(id: string) {
  queryClient.setQueryData(sessionKeys.current, { user: { id }, workspaces: [{ id: 'w1' }, { id: 'w2' }] })
}

/** A server that answers each request with the next of these statuses for it, then as it should. */
function standIn(statuses: { [request: string]: number[] }) {
  const requests: string[] = []
  const statusOf = (method: string, url: string) => {
    const name = `${method} ${new URL(url, window.location.origin).pathname.replace('/api/v1/uploads/', '')}`
    requests.push(name)
    return statuses[name]?.shift() ?? 200
  }
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const { method, url, signal } = input as Request
    signal.throwIfAborted()
    const status = statusOf(method, url)
    if (status === 0) throw new TypeError('offline')
    const body = url.endsWith('/complete/') ? { id: 'd1' } : UPLOAD
    return new Response(JSON.stringify(status < 300 ? body : { code: 'x', message: 'x' }), { status })
  })
  class Parts {
    upload = {}
    status = 0
    responseText = '{}'
    onload?: () => void
    onerror?: () => void
    onabort?: () => void
    url = ''
    open(_method: string, url: string) {
      this.url = url
    }
    setRequestHeader() {}
    abort() {
      this.onabort?.()
    }
    send() {
      this.status = statusOf('PUT', this.url)
      queueMicrotask(() => (this.status ? this.onload?.() : this.onerror?.()))
    }
  }
  vi.stubGlobal('XMLHttpRequest', Parts)
  return requests
}

it('sends the parts, completes and forgets where it was', async () => {
  const requests = standIn({})
  expect(await uploadFile(file)).toEqual({ id: 'd1' })
  expect(requests).toEqual(['POST ', 'PUT u1/parts/0/', 'PUT u1/parts/1/', 'POST u1/complete/'])
  expect(localStorage.getItem(KEY)).toBeNull()
})

it('sends nothing more once it is cancelled, in a pause after a failure too', async () => {
  const requests = standIn({ 'PUT u1/parts/0/': [0] })
  const controller = new AbortController()
  const upload = uploadFile(file, { signal: controller.signal })
  await vi.waitFor(() => expect(requests).toHaveLength(2))
  controller.abort()
  await expect(upload).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  expect(requests).toEqual(['POST ', 'PUT u1/parts/0/'])
})

it('does not complete what is cancelled after the last part', async () => {
  const requests = standIn({})
  const controller = new AbortController()
  const onProgress = ({ sent }: { sent: number }) => {
    if (sent === 8) controller.abort()
  }
  const upload = uploadFile(file, { signal: controller.signal, onProgress })
  await expect(upload).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  expect(requests).not.toContain('POST u1/complete/')
})

it('goes on with an upload that the server cannot name for a moment', async () => {
  vi.useFakeTimers()
  localStorage.setItem(KEY, 'u1')
  const requests = standIn({ 'GET u1/': [503, 0] })
  const upload = uploadFile(file)
  await vi.runAllTimersAsync()
  expect(await upload).toEqual({ id: 'd1' })
  expect(requests).not.toContain('POST ')
})

it.each([403, 503])('keeps where it was when the server answers %d', async (status) => {
  vi.useFakeTimers()
  localStorage.setItem(KEY, 'u1')
  standIn({ 'GET u1/': [status, status, status, status] })
  const upload = expect(uploadFile(file)).rejects.toThrow()
  await vi.runAllTimersAsync()
  await upload
  expect(localStorage.getItem(KEY)).toBe('u1')
})

it('begins anew when the server does not know the upload any more', async () => {
  localStorage.setItem(KEY, 'u1')
  const requests = standIn({ 'GET u1/': [404] })
  await uploadFile(file)
  expect(requests.slice(0, 2)).toEqual(['GET u1/', 'POST '])
})

it('completes again when the answer was lost', async () => {
  vi.useFakeTimers()
  const requests = standIn({ 'POST u1/complete/': [0] })
  const upload = uploadFile(file)
  await vi.runAllTimersAsync()
  expect(await upload).toEqual({ id: 'd1' })
  expect(requests.slice(-2)).toEqual(['POST u1/complete/', 'POST u1/complete/'])
})

it.each(['workspace', 'person'])('begins anew in another %s', async (what) => {
  localStorage.setItem(KEY, 'u1')
  if (what === 'workspace') chooseWorkspace('w2')
  else signIn('bob')
  const requests = standIn({})
  await uploadFile(file)
  expect(requests[0]).toBe('POST ')
})

it('stays in its workspace when another one is chosen meanwhile', async () => {
  standIn({})
  const workspaces = vi.mocked(globalThis.fetch).mock.calls
  await uploadFile(file, { onProgress: () => chooseWorkspace('w2') })
  expect(workspaces.map(([request]) => (request as Request).headers.get('X-Workspace'))).toEqual(['w1', 'w1'])
})

it('refuses a file above the limit before anything is sent, naming both sizes', async () => {
  const asked = vi.spyOn(globalThis, 'fetch')
  const file = new File([new Uint8Array(3 * 1024 ** 2)], 'large.csv')
  await expect(uploadFile(file, { limitBytes: 1024 ** 2 })).rejects.toThrow(
    '“large.csv” has 3.0 MB; this server takes files up to 1.0 MB.',
  )
  expect(asked).not.toHaveBeenCalled()
})
