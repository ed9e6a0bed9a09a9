import { ReactFlowProvider } from '@xyflow/react'
import type { ReactNode } from 'react'

export function CanvasProvider({ children }: { children: ReactNode }) {
  return <ReactFlowProvider>{children}</ReactFlowProvider>
}
