import { createStore } from 'zustand/vanilla'
import { isActive, type RunState } from './runState'

/** How fresh the page is: events arrive, are fetched now and then, or nothing answers. */
export type ConnectionStatus = 'idle' | 'live' | 'delayed' | 'offline'

export interface RunSlice {
  readonly run: RunState | null
  readonly connection: ConnectionStatus
  /** Grows when a run appears, ends or resumes: plans made in an earlier generation are out of date. */
  readonly runGeneration: number
  readonly show: (run: RunState | null) => void
  readonly setConnectionStatus: (connection: ConnectionStatus) => void
}

export type RunStore = ReturnType<typeof createRunStore>

/** The one run that the open graph shows; nodes read their own part by id. */
export function createRunStore() {
  return createStore<RunSlice>()((set) => ({
    run: null,
    connection: 'idle',
    runGeneration: 0,
    show: (run) =>
      set((slice) => ({
        run,
        runGeneration: slice.runGeneration + (momentOf(run) === momentOf(slice.run) ? 0 : 1),
      })),
    setConnectionStatus: (connection) => set({ connection }),
  }))
}

function momentOf(run: RunState | null): string {
  return run ? `${run.id} ${isActive(run.state)}` : ''
}
