import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { versionQuery } from '@/api/graphs'
import { errorMessage } from '@/lib/errorMessage'
import { fromServer } from './server'
import { useEditorStore } from './store/EditorContext'

function numberIn(state: unknown): number {
  const asked = typeof state === 'object' && state !== null && 'bringBack' in state ? state.bringBack : 0
  return typeof asked === 'number' ? asked : 0
}

/** Loads the saved version that the person asked for while looking at it; a step of undo brings the draft back. */
export function useReload(graphId: string): void {
  const editor = useEditorStore()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { state } = useLocation()
  const number = numberIn(state)

  useEffect(() => {
    if (number === 0) return
    const load = async () => {
      try {
        const version = await queries.fetchQuery(versionQuery(graphId, number))
        editor.getState().perform({ kind: 'load', document: fromServer(version.document) })
      } catch (error) {
        notifications.show({ color: 'red', message: errorMessage(error) })
      }
      // Done once: a reload of the page must not do it again.
      await navigate('.', { replace: true, state: null })
    }
    void load()
  }, [editor, graphId, navigate, number, queries])
}
