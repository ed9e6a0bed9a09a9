import createClient, { type Middleware } from 'openapi-fetch'
import type { paths } from '@/contracts'
import { errorFrom, OfflineError } from './errors'
import { chosenWorkspace } from './workspace'

/** The cookie Django sets for the page; unsafe requests repeat it in a header. */
export function csrfToken(): string {
  const found = document.cookie.split('; ').find((each) => each.startsWith('csrftoken='))
  return found ? decodeURIComponent(found.slice('csrftoken='.length)) : ''
}

/** An id for what one click asks; the log lines of the server and of the workers carry it. */
function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Headers every request to our server carries. */
export function pageHeaders(): Record<string, string> {
  const headers: Record<string, string> = { 'X-CSRFToken': csrfToken(), 'X-Request-ID': requestId() }
  const workspace = chosenWorkspace()
  if (workspace) headers['X-Workspace'] = workspace
  return headers
}

export async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const pageRequests: Middleware = {
  onRequest({ request }) {
    // What a call names itself stays: an upload goes on in its workspace when another one is chosen.
    for (const [name, value] of Object.entries(pageHeaders()))
      if (!request.headers.has(name)) request.headers.set(name, value)
    return request
  },
  async onResponse({ response }) {
    if (!response.ok) throw errorFrom(response.status, await bodyOf(response))
    return response
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return new OfflineError('offline')
  },
}

export const client = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  // Looked up at each call, so that tests can stand in for the server.
  fetch: (request) => globalThis.fetch(request),
})
client.use(pageRequests)

/** The body of an answer; failures have been thrown before, so only an empty body can be missing. */
export async function unwrap<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer
  return data as T
}
