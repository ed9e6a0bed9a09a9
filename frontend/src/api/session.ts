import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Session } from '@/contracts'
import { client, unwrap } from './client'
import { chooseWorkspace, chosenWorkspace } from './workspace'

export const sessionKeys = { current: ['session'] as const }

export function useSession() {
  return useQuery({
    queryKey: sessionKeys.current,
    queryFn: () => unwrap(client.GET('/api/v1/session/')),
    staleTime: 60_000,
  })
}

/** The workspace this device looks at, or the first one the person belongs to. */
export function useWorkspace(): Session['workspaces'][number] | undefined {
  const { data } = useSession()
  const chosen = chosenWorkspace()
  return data?.workspaces.find((each) => each.id === chosen) ?? data?.workspaces[0]
}

/** May this person draw, run and deploy here? */
export function useMayEdit(): boolean {
  const { data } = useSession()
  const workspace = useWorkspace()
  return data?.user?.is_administrator === true || (workspace !== undefined && workspace.role !== 'viewer')
}

/** May this person change who is in the workspace? */
export function useMayManage(): boolean {
  const { data } = useSession()
  const workspace = useWorkspace()
  return data?.user?.is_administrator === true || workspace?.role === 'owner'
}

export function useSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { username: string; password: string }) =>
      unwrap(client.POST('/api/v1/session/', { body })),
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionKeys.current, session)
    },
  })
}

export function useSetup() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { token: string; username: string; password: string; workspace_name?: string }) =>
      unwrap(client.POST('/api/v1/setup/', { body })),
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionKeys.current, session)
    },
  })
}

/** Whether the one-time link with this token still makes an account; asked once, when it is opened. */
export function useSetupLink(token: string | null) {
  return useQuery({
    queryKey: ['setup', token],
    queryFn: async () => {
      await unwrap(client.POST('/api/v1/setup/link/', { body: { token: token ?? '' } }))
      return true
    },
    enabled: token !== null,
    retry: false,
    staleTime: Infinity,
  })
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current: string; new: string; revoke_tokens: boolean }) =>
      unwrap(client.POST('/api/v1/password/', { body })),
  })
}

export function useSignOut() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => unwrap(client.DELETE('/api/v1/session/')),
    onSuccess: async () => {
      chooseWorkspace(null)
      queries.clear()
      await queries.invalidateQueries()
    },
  })
}

/** Switches this device to another workspace and reads everything anew. */
export function useSwitchWorkspace() {
  const queries = useQueryClient()
  return (id: string) => {
    chooseWorkspace(id)
    void queries.invalidateQueries()
  }
}
