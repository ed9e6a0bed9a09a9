import { Center } from '@mantine/core'
import { Navigate, useLocation } from 'react-router'
import { useSession } from '@/api/session'
import { FirstPasswordPage } from '@/pages/entry/FirstPasswordPage'
import { ErrorNotice, LoadingPage } from '@/ui'
import { Shell } from './Shell'

/** Lets signed-in people through; sends others to set-up or sign-in and brings them back afterwards. */
export function RequireSession() {
  const { data, error, refetch } = useSession()
  const { pathname, search } = useLocation()
  if (error && !data) {
    return (
      <Center h="100dvh" p="md">
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      </Center>
    )
  }
  if (!data) {
    return (
      <main>
        <LoadingPage />
      </main>
    )
  }
  if (data.user?.must_change_password) return <FirstPasswordPage />
  if (data.user) return <Shell />
  if (data.needs_setup) return <Navigate to="/setup" replace />
  const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
  return <Navigate to={`/login${next}`} replace />
}
