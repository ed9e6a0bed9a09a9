import { create } from 'zustand'

type TourState = { isOpen: boolean; open: () => void; close: () => void }

/** Whether the tour is on the page. */
export const useTour = create<TourState>((set) => ({
  isOpen: false,
  open: () => set({ isOpen: true }),
  close: () => set({ isOpen: false }),
}))
