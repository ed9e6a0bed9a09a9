import { createStore } from 'zustand/vanilla'
import type { EdgeEnd } from '../graph/connect'
import type { Position, ValueKind } from '../graph/types'
import { USUAL_WIDTH } from '../panels/inspectorWidth'

export type InspectorTab = 'parameters' | 'data' | 'chart' | 'metrics' | 'trials' | 'model' | 'log' | 'help'
export type LeftTab = 'nodes' | 'datasets' | 'outline'
export type Sheet = 'shortcuts' | 'problems' | 'versions' | 'deploy' | null

export interface QuickAddRequest {
  /** Where the node will lie on the canvas. */
  readonly at: Position
  /** Where the list opens, in pixels of the window. */
  readonly screen: Position
  /** The loose end of the edge that was dropped; only nodes that fit are offered. */
  readonly end: (EdgeEnd & { readonly kind: ValueKind }) | null
  /** The node that the new one follows: it lies beside it and is connected where it fits. */
  readonly after?: string
}

/** What other parts may ask of the canvas; only the canvas knows how it is drawn. */
export interface CanvasView {
  /** The place in the middle of what is seen. */
  readonly middle: () => Position
  readonly zoomBy: (factor: number) => void
  readonly zoomTo: (zoom: number) => void
  /** Show all of these nodes, or everything. */
  readonly fit: (nodes?: readonly string[]) => void
  /** Bring a node into the middle. */
  readonly reveal: (node: string) => void
  /** Move what is seen by as little as shows the whole node that lies there. */
  readonly keepInView: (position: Position) => void
  readonly toScreen: (position: Position) => Position
  readonly toCanvas: (screen: Position) => Position
  readonly sizes: ReadonlyMap<string, { readonly width: number; readonly height: number }>
}

const NO_VIEW: CanvasView = {
  middle: () => ({ x: 0, y: 0 }),
  zoomBy: () => undefined,
  zoomTo: () => undefined,
  fit: () => undefined,
  reveal: () => undefined,
  keepInView: () => undefined,
  toScreen: (position) => position,
  toCanvas: (screen) => screen,
  sizes: new Map(),
}

export interface UiState {
  readonly view: CanvasView
  readonly quickAdd: QuickAddRequest | null
  /** Ports where the edge being drawn may arrive; `null` while none is drawn. */
  readonly legal: ReadonlySet<string> | null
  /** `null` until one is asked for: a node that judges a model then shows its result, any other its parameters. */
  readonly inspectorTab: InspectorTab | null
  readonly leftTab: LeftTab
  readonly isLeftOpen: boolean
  readonly isInspectorOpen: boolean
  /** In pixels. */
  readonly inspectorWidth: number
  readonly isRunPanelOpen: boolean
  readonly sheet: Sheet
  /** Node whose title is being edited on the canvas. */
  readonly renaming: string | null
  readonly change: (change: Partial<Omit<UiState, 'change'>>) => void
}

export type UiStore = ReturnType<typeof createUiStore>

export function createUiStore(isNarrow = false) {
  return createStore<UiState>()((set) => ({
    view: NO_VIEW,
    quickAdd: null,
    legal: null,
    inspectorTab: null,
    leftTab: 'nodes',
    isLeftOpen: !isNarrow,
    isInspectorOpen: !isNarrow,
    inspectorWidth: USUAL_WIDTH,
    isRunPanelOpen: false,
    sheet: null,
    renaming: null,
    change: (change) => set(change),
  }))
}
