import { create } from 'zustand'
import { datasetKeys, uploadFile } from '@/api/datasets'
import { queryClient } from '@/api/queryClient'
import type { Dataset } from '@/contracts'
import { type Preview, readPreview } from '@/lib/preview'

/** A file on its way to the server, kept here so that leaving the page does not stop it. */
export type Transfer = {
  id: string
  name: string
  bytes: number
  sent: number
  preview: Preview | null
  dataset: Dataset | null
  error: Error | null
}

type Uploads = { transfers: Readonly<Record<string, Transfer>> }

export const useUploads = create<Uploads>(() => ({ transfers: {} }))

const controllers = new Map<string, AbortController>()

function change(id: string, changes: Partial<Transfer>) {
  useUploads.setState(({ transfers }) => {
    const before = transfers[id]
    return before ? { transfers: { ...transfers, [id]: { ...before, ...changes } } } : { transfers }
  })
}

async function send(id: string, file: File, limitBytes: number | undefined) {
  const controller = new AbortController()
  controllers.set(id, controller)
  try {
    const dataset = await uploadFile(file, {
      signal: controller.signal,
      onProgress: ({ sent }) => change(id, { sent }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
    })
    queryClient.setQueryData(datasetKeys.one(dataset.id), dataset)
    void queryClient.invalidateQueries({ queryKey: ['datasets', 'list'] })
    change(id, { dataset, sent: file.size })
  } catch (error) {
    if (!controller.signal.aborted)
      change(id, { error: error instanceof Error ? error : new Error(String(error)) })
  } finally {
    controllers.delete(id)
  }
}

async function showPreview(id: string, file: File) {
  // What the browser can not read, the server says better.
  const preview = await readPreview(file).catch(() => null)
  change(id, { preview })
}

/** Starts a transfer and returns its id, which is the last part of its page's address. */
export function startUpload(file: File, limitBytes: number | undefined): string {
  const id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`
  const transfer = {
    id,
    name: file.name,
    bytes: file.size,
    sent: 0,
    preview: null,
    dataset: null,
    error: null,
  }
  useUploads.setState(({ transfers }) => ({ transfers: { ...transfers, [id]: transfer } }))
  void showPreview(id, file)
  void send(id, file, limitBytes)
  return id
}

/** Stops a transfer and forgets it. */
export function stopUpload(id: string) {
  controllers.get(id)?.abort()
  useUploads.setState(({ transfers }) => {
    const { [id]: _gone, ...rest } = transfers
    return { transfers: rest }
  })
}

/** The browser's own first rows of a data set that was uploaded on this page. */
export function previewOfDataset({ transfers }: Uploads, datasetId: string): Preview | null {
  return Object.values(transfers).find((each) => each.dataset?.id === datasetId)?.preview ?? null
}
