import { useStore } from '@xyflow/react'
import { useEffect, useState } from 'react'

/** Milliseconds after which a graph is shown wherever it lies. */
const LONGEST_MS = 500

/**
 * Whether a graph that is fitted when it opens was. Its nodes are drawn a frame or two before that, and would be seen to
 * jump to their places.
 */
export function useIsFitted(isAwaited: boolean): boolean {
  const isMoved = useStore(({ transform: [x, y, zoom] }) => x !== 0 || y !== 0 || zoom !== 1)
  const [isFitted, setFitted] = useState(!isAwaited)
  useEffect(() => {
    if (isFitted) return
    if (isMoved) {
      setFitted(true)
      return
    }
    const timer = setTimeout(() => setFitted(true), LONGEST_MS)
    return () => clearTimeout(timer)
  }, [isFitted, isMoved])
  return isFitted || isMoved
}
