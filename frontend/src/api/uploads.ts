import type { Dataset, Session, Upload } from '@/contracts'
import { client, pageHeaders, unwrap } from './client'
import { ApiError, errorFrom, OfflineError } from './errors'
import { queryClient } from './queryClient'
import { sessionKeys } from './session'
import { chosenWorkspace } from './workspace'

export type UploadProgress = { sent: number; total: number }

type Options = {
  name?: string
  /** Largest file the server takes; a larger one is refused before anything is sent. */
  limitBytes?: number
  onProgress?: (progress: UploadProgress) => void
  signal?: AbortSignal
}

const STORAGE_PREFIX = 'lepton.upload.'
const TRIES_PER_REQUEST = 4

/** Where an upload belongs, whatever workspace is chosen later; `key` finds it again after a break. */
type Place = { key: string; headers: Record<string, string> }

function placeOf(file: File): Place {
  const session = queryClient.getQueryData<Session>(sessionKeys.current)
  const workspace = chosenWorkspace() ?? session?.workspaces[0]?.id ?? ''
  const owner = `${session?.user?.id ?? ''}:${workspace}`
  return {
    key: `${STORAGE_PREFIX}${owner}:${file.name}:${file.size}:${file.lastModified}`,
    headers: workspace ? { 'X-Workspace': workspace } : {},
  }
}

/** Waits, unless the signal says that nobody waits any more. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof OfflineError || (error instanceof ApiError && error.status >= 500)
}

/** Sends a request again that may be repeated, while the server does not answer or is in trouble. */
async function withRetries<T>(send: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await send()
    } catch (error) {
      if (attempt === TRIES_PER_REQUEST || !isWorthAnotherTry(error)) throw error
      await pause(500 * 2 ** attempt, signal)
    }
  }
}

/** An upload of the same file that was cut off, when the server still knows it. */
async function findUnfinished(
  { key, headers }: Place,
  signal: AbortSignal | undefined,
): Promise<Upload | null> {
  const id = localStorage.getItem(key)
  if (!id) return null
  const path = { id }
  const options = { params: { path }, headers, ...(signal ? { signal } : {}) }
  try {
    return await withRetries(() => unwrap(client.GET('/api/v1/uploads/{id}/', options)), signal)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    localStorage.removeItem(key)
    return null
  }
}

async function begin(file: File, place: Place, signal: AbortSignal | undefined): Promise<Upload> {
  const unfinished = await findUnfinished(place, signal)
  if (unfinished) return unfinished
  const body = { name: file.name, bytes: file.size }
  const upload = await unwrap(
    client.POST('/api/v1/uploads/', { body, headers: place.headers, ...(signal ? { signal } : {}) }),
  )
  localStorage.setItem(place.key, upload.id)
  return upload
}

/** Sends one part. XMLHttpRequest, because fetch does not tell how much has left. */
function sendPart(
  address: string,
  part: Blob,
  {
    headers,
    onSent,
    signal,
  }: {
    headers: Record<string, string>
    onSent: (bytes: number) => void
    signal: AbortSignal | undefined
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    request.open('PUT', address)
    for (const [name, value] of Object.entries({ ...pageHeaders(), ...headers }))
      request.setRequestHeader(name, value)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = (event) => onSent(event.loaded)
    request.onload = () => {
      signal?.removeEventListener('abort', stop)
      if (request.status < 300) return resolve()
      let body: unknown = request.responseText
      try {
        body = JSON.parse(request.responseText)
      } catch {
        // The answer of a proxy in between need not be ours.
      }
      reject(errorFrom(request.status, body))
    }
    request.onerror = () => {
      signal?.removeEventListener('abort', stop)
      reject(new OfflineError('offline'))
    }
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'))
    signal?.addEventListener('abort', stop)
    request.send(part)
  })
}

/** Throws before anything is sent when the server would refuse the size. */
function refuseTooLarge(file: File, limitBytes: number | undefined): void {
  if (limitBytes === undefined || file.size <= limitBytes) return
  const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0)
  throw new ApiError(
    413,
    'too_large',
    `“${file.name}” has ${mebibytes(file.size)} MB; this server takes files up to ${mebibytes(limitBytes)} MB.`,
  )
}

/**
 * Uploads a file in parts and returns its data set, which the server then reads.
 *
 * The same file chosen again after a break goes on where it stopped. Once the signal says so, nothing more is sent.
 */
export async function uploadFile(file: File, options: Options = {}): Promise<Dataset> {
  const { name, limitBytes, onProgress, signal } = options
  refuseTooLarge(file, limitBytes)
  const place = placeOf(file)
  const { headers } = place
  const upload = await begin(file, place, signal)
  const received = new Set(upload.received)
  const partsCount = Math.max(1, Math.ceil(file.size / upload.part_bytes))
  for (let part = 0; part < partsCount; part += 1) {
    const start = part * upload.part_bytes
    const end = Math.min(file.size, start + upload.part_bytes)
    if (!received.has(part)) {
      const address = `/api/v1/uploads/${upload.id}/parts/${part}/`
      const onSent = (bytes: number) => onProgress?.({ sent: Math.min(start + bytes, end), total: file.size })
      await withRetries(() => sendPart(address, file.slice(start, end), { headers, onSent, signal }), signal)
    }
    onProgress?.({ sent: end, total: file.size })
  }
  // The server returns the same data set when this is repeated.
  const completion = {
    params: { path: { id: upload.id } },
    body: name ? { name } : {},
    headers,
    ...(signal ? { signal } : {}),
  }
  const dataset = await withRetries(
    () => unwrap(client.POST('/api/v1/uploads/{id}/complete/', completion)),
    signal,
  )
  localStorage.removeItem(place.key)
  return dataset
}
