import { VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'

/** Says once, to those who listen to the page, that something which was at work has ended. */
export function EndAnnouncement({ isMoving, text }: { isMoving: boolean; text: string }) {
  const wasMoving = useRef(isMoving)
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (wasMoving.current && !isMoving) setSaid(text)
    if (isMoving) setSaid('')
    wasMoving.current = isMoving
  }, [isMoving, text])
  return (
    <VisuallyHidden role="status" data-testid="end-announcement">
      {said}
    </VisuallyHidden>
  )
}
