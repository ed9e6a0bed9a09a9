import { lazy, Suspense } from 'react'
import { Outlet, useLocation } from 'react-router'
import { ErrorBoundary, LoadingPage } from '@/ui'
import { Navigation } from './Navigation'
import styles from './Shell.module.css'
import { useTour } from './tourState'

const Tour = lazy(async () => ({ default: (await import('./Tour')).Tour }))

/** The frame of every screen of a signed-in person: navigation and the screen itself. */
export function Shell() {
  const { pathname } = useLocation()
  const isTouring = useTour((state) => state.isOpen)
  return (
    <div className={styles.shell}>
      <Navigation />
      <main className={styles.main}>
        <ErrorBoundary resetKey={pathname}>
          <Suspense fallback={<LoadingPage />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      {isTouring ? (
        <Suspense>
          <Tour />
        </Suspense>
      ) : null}
    </div>
  )
}
