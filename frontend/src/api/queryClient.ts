import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './errors'

/** Asking again helps when the server was away, never when it said no. */
function shouldRetry(failures: number, error: Error): boolean {
  if (error instanceof ApiError && error.status < 500) return false
  return failures < 2
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: 5_000 },
    // Sent even when the browser thinks it is offline: held back, it would neither succeed nor say that it failed.
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** Milliseconds until a list that shows runs looks for new ones. */
export const NEW_RUNS_MS = 15_000
