import { useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'

const REST_MS = 150

/**
 * While one pans, the drawing is shifted as a picture instead of being drawn anew; at rest and while one zooms it is
 * drawn as text and lines again, because a picture that is shifted by parts of a pixel or scaled is blurred.
 */
export function useSmoothPan(): void {
  const store = useStoreApi()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const mark = (isPanning: boolean) => {
      const view = store.getState().domNode?.querySelector<HTMLElement>('.react-flow__viewport')
      if (view) view.style.willChange = isPanning ? 'transform' : ''
    }
    const stop = store.subscribe(({ transform }, { transform: before }) => {
      if (transform === before) return
      clearTimeout(timer)
      const isPan = transform[2] === before[2]
      mark(isPan)
      if (isPan) timer = setTimeout(() => mark(false), REST_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
      mark(false)
    }
  }, [store])
}
