import { iconsByLetter } from 'virtual:tabler-icons'
import {
  createReactComponent,
  type Icon,
  IconAdjustments,
  IconArrowsSplit,
  IconBinaryTree,
  IconBolt,
  IconBox,
  IconBrain,
  IconCalendar,
  IconChartBar,
  IconChartDots,
  IconChartHistogram,
  IconChartLine,
  IconCloudUpload,
  IconColumns,
  IconCopyOff,
  IconDatabase,
  IconDroplet,
  IconFileSpreadsheet,
  IconFilter,
  IconHash,
  IconLetterCase,
  IconMathFunction,
  type IconNode,
  IconPlugConnected,
  type IconProps,
  IconReportAnalytics,
  IconRocket,
  IconRuler,
  IconScissors,
  IconSparkles,
  IconTable,
  IconTarget,
  IconTextRecognition,
  IconTool,
  IconTrees,
  IconTrendingUp,
  IconVectorTriangle,
  IconWand,
} from '@tabler/icons-react'
import { createElement, useSyncExternalStore } from 'react'
import type { NodeDescription } from './graph/types'

/** Icons of LeptonWeb's own nodes and purposes, which come with the page; any other is fetched when a node names it. */
const BY_NAME: Readonly<Record<string, Icon>> = {
  adjustments: IconAdjustments,
  'arrows-split': IconArrowsSplit,
  'binary-tree': IconBinaryTree,
  bolt: IconBolt,
  box: IconBox,
  brain: IconBrain,
  calendar: IconCalendar,
  'chart-bar': IconChartBar,
  'chart-dots': IconChartDots,
  'chart-histogram': IconChartHistogram,
  'chart-line': IconChartLine,
  'cloud-upload': IconCloudUpload,
  columns: IconColumns,
  'copy-off': IconCopyOff,
  database: IconDatabase,
  'file-spreadsheet': IconFileSpreadsheet,
  filter: IconFilter,
  hash: IconHash,
  'letter-case': IconLetterCase,
  'math-function': IconMathFunction,
  'plug-connected': IconPlugConnected,
  'report-analytics': IconReportAnalytics,
  rocket: IconRocket,
  ruler: IconRuler,
  scissors: IconScissors,
  sparkles: IconSparkles,
  table: IconTable,
  target: IconTarget,
  'text-recognition': IconTextRecognition,
  tool: IconTool,
  trees: IconTrees,
  'trending-up': IconTrendingUp,
  'vector-triangle': IconVectorTriangle,
  wand: IconWand,
  droplet: IconDroplet,
}

const fetched = new Map<string, Icon>()

/** The icon of a kind of node: the one it names, else that of its purpose. */
export function iconOf(node: Pick<NodeDescription, 'icon' | 'purpose'> | undefined): Icon {
  const own = node?.icon && node.icon !== 'box' ? node.icon : node?.purpose.icon
  return iconNamed(own ?? 'box')
}

function iconNamed(name: string): Icon {
  const known = BY_NAME[name] ?? fetched.get(name)
  if (known) return known
  const made = onceLoaded(name)
  fetched.set(name, made)
  return made
}

/** An icon that is a box until its drawing has come; it stays one when Tabler has no icon of this name. */
function onceLoaded(name: string): Icon {
  let drawn: Icon | undefined
  let isAsked = false
  const listeners = new Set<() => void>()
  const load = async () => {
    const letter = /^[a-z]/.exec(name)?.[0] ?? '0'
    const drawings = await iconsByLetter[letter]?.()
    const drawing = drawings?.default[name]
    if (!drawing) return
    const keyed = drawing.map(([tag, attributes], at): IconNode[number] => [
      tag,
      { ...attributes, key: `svg-${at}` },
    ])
    drawn = createReactComponent('outline', name, name, keyed)
    for (const listener of listeners) listener()
  }
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    if (!isAsked) {
      isAsked = true
      // Without the drawing the box stays: an icon is no reason to disturb anybody.
      load().catch(() => undefined)
    }
    return () => listeners.delete(listener)
  }
  // biome-ignore lint/correctness/noComponentHookFactories: made once per name and kept in `fetched`
  const Loaded = (props: IconProps) =>
    createElement(useSyncExternalStore(subscribe, () => drawn) ?? IconBox, props)
  return Loaded as unknown as Icon
}
