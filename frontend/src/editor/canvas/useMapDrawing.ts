import { useComputedColorScheme } from '@mantine/core'
import { type ReactFlowState, useStoreApi } from '@xyflow/react'
import { type RefObject, useEffect, useRef } from 'react'
import { useRunStore } from '@/live/RunContext'
import { isActive, type RunState } from '@/live/runState'
import { nodeAppearance } from '../nodeAppearance'
import type { EditorState } from '../store/createEditorStore'
import { useEditorStore } from '../store/EditorContext'
import { drawMap, frameOf, type MapBlock, type MapFrame, onMap } from './mapDrawing'
import { viewOf } from './nearest'
import type { CanvasNode } from './types'

/** A run speaks ten times a second; the map follows at this pace, in milliseconds. */
const EASE_MS = 500

/**
 * Keeps the map in step with the canvas without drawing anything of React anew: blocks are painted again when nodes or
 * their states changed, and otherwise only the frame of what is seen is moved. Returns where the canvas lies on the map.
 */
export function useMapDrawing(
  picture: RefObject<HTMLCanvasElement | null>,
  seen: RefObject<HTMLDivElement | null>,
): RefObject<MapFrame> {
  const flow = useStoreApi()
  const editor = useEditorStore()
  const live = useRunStore()
  const scheme = useComputedColorScheme()
  const frame = useRef<MapFrame>({ x: 0, y: 0, scale: 1 })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
  useEffect(() => {
    let blocks: readonly MapBlock[] = []
    let waiting: ReturnType<typeof setTimeout> | undefined
    const look = (isAnew: boolean) => {
      const { transform, width, height } = flow.getState()
      const view = viewOf(transform, width, height)
      const next = frameOf(blocks, view)
      const isMoved =
        next.x !== frame.current.x || next.y !== frame.current.y || next.scale !== frame.current.scale
      frame.current = next
      if (picture.current && (isAnew || isMoved)) {
        drawMap(picture.current, blocks, next, window.devicePixelRatio)
      }
      if (seen.current) place(seen.current, onMap(view, next))
    }
    const draw = () => {
      clearTimeout(waiting)
      waiting = undefined
      blocks = blocksOf(flow.getState(), editor.getState(), live.getState().run)
      look(true)
    }
    const drawSoon = () => {
      waiting ??= setTimeout(draw, EASE_MS)
    }
    draw()
    const stops = [
      flow.subscribe((state, before) => {
        if (state.nodes !== before.nodes) draw()
        else if (state.transform !== before.transform || state.width !== before.width) look(false)
      }),
      editor.subscribe((state, before) => {
        if (state.check !== before.check) drawSoon()
      }),
      live.subscribe((slice, before) => {
        if (slice.run !== before.run) drawSoon()
      }),
    ]
    return () => {
      clearTimeout(waiting)
      for (const stop of stops) stop()
    }
  }, [flow, editor, live, picture, seen, scheme])

  return frame
}

function place(element: HTMLElement, box: { x: number; y: number; width: number; height: number }): void {
  element.style.transform = `translate(${box.x}px, ${box.y}px)`
  element.style.width = `${box.width}px`
  element.style.height = `${box.height}px`
}

function blocksOf(flow: ReactFlowState, editor: EditorState, run: RunState | null): readonly MapBlock[] {
  return [...flow.nodeLookup.values()].map((internal) => {
    const node = internal.internals.userNode as CanvasNode
    const { x, y } = internal.internals.positionAbsolute
    const size = { width: internal.measured.width ?? 0, height: internal.measured.height ?? 0 }
    return { x, y, ...size, colour: colourOf(node, editor, run) }
  })
}

function colourOf(node: CanvasNode, { check }: EditorState, run: RunState | null): string {
  if (node.type === 'note') return 'line'
  const appearance = nodeAppearance({
    node: node.data.node,
    run: run?.nodes[node.id],
    isRunActive: run !== null && isActive(run.state),
    problems: check?.problemsOf[node.id],
  })
  return appearance === 'ready' ? 'line-strong' : `status-${appearance}`
}
