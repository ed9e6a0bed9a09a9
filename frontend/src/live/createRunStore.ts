import { createStore } from 'zustand/vanilla'
import { isActive, type RunState } from './runState'

/** How fresh the page is: events arrive, are fetched now and then, or nothing answers. */
export type Light = 'idle' | 'live' | 'delayed' | 'offline'

export interface RunSlice {
  readonly run: RunState | null
  readonly light: Light
  /** Counts the moments after which a plan made before says nothing any more: a run came, ended or went on again. */
  readonly era: number
  readonly show: (run: RunState | null) => void
  readonly setLight: (light: Light) => void
}

export type RunStore = ReturnType<typeof createRunStore>

/** The one run that the open graph shows; nodes read their own part by id. */
export function createRunStore() {
  return createStore<RunSlice>()((set) => ({
    run: null,
    light: 'idle',
    era: 0,
    show: (run) =>
      set((slice) => ({ run, era: slice.era + (momentOf(run) === momentOf(slice.run) ? 0 : 1) })),
    setLight: (light) => set({ light }),
  }))
}

function momentOf(run: RunState | null): string {
  return run ? `${run.id} ${isActive(run.state)}` : ''
}
