import { useCallback } from 'react'
import { useNavigate } from 'react-router'
import { useSession } from '@/api/session'
import { startUpload } from './uploadStore'

/** Takes files, starts to send each, and opens the page of the first. */
export function useUpload(): (files: readonly File[]) => void {
  const navigate = useNavigate()
  const limit = useSession().data?.limits.upload_bytes
  return useCallback(
    (files) => {
      const [first] = files.map((file) => startUpload(file, limit))
      if (first) void navigate(`/data/upload/${first}`)
    },
    [navigate, limit],
  )
}
