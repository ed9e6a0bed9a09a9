import { type ComponentType, lazy, Suspense } from 'react'
import { BrowserRouter, Route, Routes } from 'react-router'
import { RequireSession } from '@/shell/RequireSession'
import { ErrorBoundary, LoadingPage } from '@/ui'

/** A screen in a file of its own, fetched when it is first opened. */
function screen<Name extends string>(name: Name, read: () => Promise<Record<Name, ComponentType>>) {
  return lazy(async () => ({ default: (await read())[name] }))
}

const LoginPage = screen('LoginPage', () => import('@/pages/entry/LoginPage'))
const SetupPage = screen('SetupPage', () => import('@/pages/entry/SetupPage'))
const HomePage = screen('HomePage', () => import('@/pages/home/HomePage'))
const GraphsPage = screen('GraphsPage', () => import('@/pages/graphs/GraphsPage'))
const EditorPage = screen('EditorPage', () => import('@/editor/EditorPage'))
const DataPage = screen('DataPage', () => import('@/pages/data/DataPage'))
const UploadPage = screen('UploadPage', () => import('@/pages/data/UploadPage'))
const DatasetPage = screen('DatasetPage', () => import('@/pages/data/DatasetPage'))
const RunsPage = screen('RunsPage', () => import('@/pages/runs/RunsPage'))
const RunPage = screen('RunPage', () => import('@/pages/runs/RunPage'))
const ComparePage = screen('ComparePage', () => import('@/pages/runs/ComparePage'))
const EndpointsPage = screen('EndpointsPage', () => import('@/pages/endpoints/EndpointsPage'))
const EndpointPage = screen('EndpointPage', () => import('@/pages/endpoints/EndpointPage'))
const ModelsPage = screen('ModelsPage', () => import('@/pages/models/ModelsPage'))
const ModelPage = screen('ModelPage', () => import('@/pages/models/ModelPage'))
const VersionPage = screen('VersionPage', () => import('@/pages/models/VersionPage'))
const SettingsPage = screen('SettingsPage', () => import('@/pages/settings/SettingsPage'))
const NotFoundPage = screen('NotFoundPage', () => import('@/pages/NotFoundPage'))

/** Which screen stands at which address. */
export function Screens() {
  return (
    <BrowserRouter>
      <ErrorBoundary resetKey="">
        <Suspense fallback={<LoadingPage />}>
          <Routes>
            <Route path="/login" element={<LoginPage />} />
            <Route path="/setup" element={<SetupPage />} />
            <Route element={<RequireSession />}>
              <Route index element={<HomePage />} />
              <Route path="/graphs" element={<GraphsPage />} />
              <Route path="/graphs/:graphId" element={<EditorPage />} />
              <Route path="/data" element={<DataPage />} />
              <Route path="/data/upload/:uploadId" element={<UploadPage />} />
              <Route path="/data/:datasetId" element={<DatasetPage />} />
              <Route path="/runs" element={<RunsPage />} />
              <Route path="/runs/compare" element={<ComparePage />} />
              <Route path="/runs/:runId" element={<RunPage />} />
              <Route path="/endpoints" element={<EndpointsPage />} />
              <Route path="/endpoints/:slug" element={<EndpointPage />} />
              <Route path="/models" element={<ModelsPage />} />
              <Route path="/models/:modelId" element={<ModelPage />} />
              <Route path="/models/:modelId/versions/:number" element={<VersionPage />} />
              <Route path="/settings" element={<SettingsPage />} />
              <Route path="*" element={<NotFoundPage />} />
            </Route>
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </BrowserRouter>
  )
}
