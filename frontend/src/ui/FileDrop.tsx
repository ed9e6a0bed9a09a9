import { IconFileUpload } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import styles from './FileDrop.module.css'

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** Makes the whole page take files, and says so while one hangs over it. */
export function PageDrop({ hint, onFiles }: { hint: string; onFiles: (files: readonly File[]) => void }) {
  const [isOver, setOver] = useState(false)
  // Entering a child leaves its parent: only as many leavings as enterings mean that the file is gone.
  const depth = useRef(0)
  useEffect(() => {
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      depth.current += 1
      setOver(true)
    }
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      depth.current = Math.max(0, depth.current - 1)
      if (depth.current === 0) setOver(false)
    }
    const over = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault()
    }
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      depth.current = 0
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) onFiles(files)
    }
    const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop } as const
    for (const [name, listener] of Object.entries(listeners)) {
      window.addEventListener(name, listener as EventListener)
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        window.removeEventListener(name, listener as EventListener)
      }
    }
  }, [onFiles])
  if (!isOver) return null
  return (
    <div className={styles.overlay} aria-hidden>
      <div className={styles.invitation}>
        <IconFileUpload size={32} stroke={1.5} />
        {hint}
      </div>
    </div>
  )
}

export type FilePickerProps = {
  accept: string
  onFiles: (files: readonly File[]) => void
  /** Drawn as the thing that is pressed; it calls `open`. */
  children: (open: () => void) => ReactNode
}

/** A file dialog behind a control of the caller's choice. */
export function FilePicker({ accept, onFiles, children }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple
        hidden
        data-testid="file-input"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])]
          event.currentTarget.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
      {children(() => input.current?.click())}
    </>
  )
}
