/** Everything the keyboard can do in the editor, as data: read by the listener and by the sheet of shortcuts. */
export type ActionName =
  | 'undo'
  | 'redo'
  | 'save'
  | 'quickAdd'
  | 'copy'
  | 'cut'
  | 'paste'
  | 'pasteConnected'
  | 'duplicate'
  | 'remove'
  | 'removeUnhealed'
  | 'selectAll'
  | 'selectNone'
  | 'rename'
  | 'open'
  | 'disable'
  | 'freeze'
  | 'freezePath'
  | 'note'
  | 'runAll'
  | 'runToHere'
  | 'runFromHere'
  | 'rerun'
  | 'stop'
  | 'inspectOutput'
  | 'selectUpstream'
  | 'selectDownstream'
  | 'selectConnected'
  | 'walkLeft'
  | 'walkRight'
  | 'walkUp'
  | 'walkDown'
  | 'nudgeLeft'
  | 'nudgeRight'
  | 'nudgeUp'
  | 'nudgeDown'
  | 'nudgeFarLeft'
  | 'nudgeFarRight'
  | 'nudgeFarUp'
  | 'nudgeFarDown'
  | 'zoomIn'
  | 'zoomOut'
  | 'fit'
  | 'fitSelection'
  | 'zoomReset'
  | 'arrange'
  | 'find'
  | 'exportFile'
  | 'importFile'
  | 'shortcuts'

export interface Shortcut {
  readonly action: ActionName
  /** `mod` is Ctrl, or Cmd on a Mac. Two strokes stand with a space between: the first opens, the second chooses. */
  readonly keys: readonly string[]
  readonly group: 'edit' | 'nodes' | 'run' | 'select' | 'view' | 'file'
}

export const SHORTCUTS: readonly Shortcut[] = [
  { action: 'undo', keys: ['mod+z'], group: 'edit' },
  { action: 'redo', keys: ['mod+shift+z', 'mod+y'], group: 'edit' },
  { action: 'copy', keys: ['mod+c'], group: 'edit' },
  { action: 'cut', keys: ['mod+x'], group: 'edit' },
  { action: 'paste', keys: ['mod+v'], group: 'edit' },
  { action: 'pasteConnected', keys: ['mod+shift+v'], group: 'edit' },
  { action: 'duplicate', keys: ['mod+d'], group: 'edit' },
  { action: 'remove', keys: ['delete', 'backspace'], group: 'edit' },
  { action: 'removeUnhealed', keys: ['shift+delete'], group: 'edit' },
  { action: 'quickAdd', keys: ['a'], group: 'nodes' },
  { action: 'rename', keys: ['f2'], group: 'nodes' },
  { action: 'open', keys: ['enter'], group: 'nodes' },
  { action: 'disable', keys: ['d'], group: 'nodes' },
  { action: 'freeze', keys: ['f'], group: 'nodes' },
  { action: 'freezePath', keys: ['shift+f'], group: 'nodes' },
  { action: 'note', keys: ['n'], group: 'nodes' },
  { action: 'inspectOutput', keys: ['o'], group: 'nodes' },
  { action: 'arrange', keys: ['l'], group: 'nodes' },
  { action: 'nudgeLeft', keys: ['mod+arrowleft'], group: 'nodes' },
  { action: 'nudgeRight', keys: ['mod+arrowright'], group: 'nodes' },
  { action: 'nudgeUp', keys: ['mod+arrowup'], group: 'nodes' },
  { action: 'nudgeDown', keys: ['mod+arrowdown'], group: 'nodes' },
  { action: 'nudgeFarLeft', keys: ['mod+shift+arrowleft'], group: 'nodes' },
  { action: 'nudgeFarRight', keys: ['mod+shift+arrowright'], group: 'nodes' },
  { action: 'nudgeFarUp', keys: ['mod+shift+arrowup'], group: 'nodes' },
  { action: 'nudgeFarDown', keys: ['mod+shift+arrowdown'], group: 'nodes' },
  { action: 'runAll', keys: ['mod+enter'], group: 'run' },
  { action: 'runToHere', keys: ['shift+enter'], group: 'run' },
  { action: 'runFromHere', keys: ['mod+shift+enter'], group: 'run' },
  { action: 'rerun', keys: ['alt+enter'], group: 'run' },
  { action: 'stop', keys: ['mod+alt+enter'], group: 'run' },
  { action: 'selectAll', keys: ['mod+a'], group: 'select' },
  { action: 'selectNone', keys: ['escape'], group: 'select' },
  { action: 'selectUpstream', keys: ['alt+s u'], group: 'select' },
  { action: 'selectDownstream', keys: ['alt+s d'], group: 'select' },
  { action: 'selectConnected', keys: ['alt+s c'], group: 'select' },
  { action: 'walkLeft', keys: ['arrowleft'], group: 'select' },
  { action: 'walkRight', keys: ['arrowright'], group: 'select' },
  { action: 'walkUp', keys: ['arrowup'], group: 'select' },
  { action: 'walkDown', keys: ['arrowdown'], group: 'select' },
  { action: 'zoomIn', keys: ['+', '='], group: 'view' },
  { action: 'zoomOut', keys: ['-'], group: 'view' },
  { action: 'fit', keys: ['1'], group: 'view' },
  { action: 'zoomReset', keys: ['0'], group: 'view' },
  { action: 'fitSelection', keys: ['.'], group: 'view' },
  { action: 'find', keys: ['mod+f'], group: 'view' },
  { action: 'save', keys: ['mod+s'], group: 'file' },
  { action: 'exportFile', keys: ['mod+e'], group: 'file' },
  { action: 'importFile', keys: ['mod+i'], group: 'file' },
  { action: 'shortcuts', keys: ['?'], group: 'view' },
]

export interface KeyChord {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
  /** The physical key, by which alt combinations are read: Alt+S types another letter on a Mac. */
  readonly code?: string
}

const BY_KEYS = new Map(SHORTCUTS.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)))
const PREFIXES = new Set(
  [...BY_KEYS.keys()].flatMap((keys) => (keys.includes(' ') ? [keys.split(' ')[0]] : [])),
)

export function chordName(chord: KeyChord): string {
  const isLetterByCode = chord.altKey && chord.code?.startsWith('Key')
  const key = isLetterByCode ? (chord.code ?? '').slice(3).toLowerCase() : chord.key.toLowerCase()
  // A sign such as ? or + already needs Shift on many keyboards.
  const showsShift = chord.shiftKey && (key.length > 1 || /[a-z0-9]/.test(key))
  return [
    chord.ctrlKey || chord.metaKey ? 'mod+' : '',
    chord.altKey ? 'alt+' : '',
    showsShift ? 'shift+' : '',
    key,
  ].join('')
}

export interface KeyReading {
  readonly action: ActionName | null
  /** First stroke of a pair, to be handed in with the next one. */
  readonly pending: string | null
}

export function readKey(chord: KeyChord, pending: string | null): KeyReading {
  const name = chordName(chord)
  if (pending) return { action: BY_KEYS.get(`${pending} ${name}`) ?? null, pending: null }
  if (PREFIXES.has(name)) return { action: null, pending: name }
  return { action: BY_KEYS.get(name) ?? null, pending: null }
}

/** Keys that act even while a field has the focus; everything else belongs to the field there. */
const EVERYWHERE: ReadonlySet<ActionName> = new Set(['save', 'runAll', 'stop'])
/** Keys that also act on a switch or a list to choose from, which need none of them. */
const ON_CHOICES: ReadonlySet<ActionName> = new Set(['undo', 'redo', 'find', 'exportFile', 'importFile'])
/** Keys that a button or link with the focus needs for itself. */
const ON_CONTROLS: ReadonlySet<ActionName> = new Set(['open', 'walkLeft', 'walkRight', 'walkUp', 'walkDown'])

/** Keys that the browser answers with events of its own, by which the editor copies and pastes. */
export const ANSWERED_BY_EVENTS: ReadonlySet<ActionName> = new Set(['copy', 'cut', 'paste', 'pasteConnected'])

/** What has the focus: `field` takes text, `choice` is a switch or a list to choose from, `control` a button. */
export type FocusKind = 'canvas' | 'control' | 'choice' | 'field'

export function isAllowedAt(action: ActionName, focus: FocusKind): boolean {
  if (focus === 'field') return EVERYWHERE.has(action)
  if (focus === 'choice') return EVERYWHERE.has(action) || ON_CHOICES.has(action)
  return focus === 'canvas' || !ON_CONTROLS.has(action)
}

const CHOICES: ReadonlySet<string> = new Set(['radio', 'checkbox', 'range', 'color'])

export function focusKind(target: EventTarget | null): FocusKind {
  if (!(target instanceof HTMLElement)) return 'canvas'
  const input = target.closest('input')
  if (input && (input.readOnly || CHOICES.has(input.type))) return 'choice'
  if (target.closest('select')) return 'choice'
  if (target.isContentEditable || target.closest('input, textarea, [role="combobox"]')) return 'field'
  return target.closest(
    'button, a, [role="tab"], [role="menuitem"], [role="option"], [role="treeitem"], [role="grid"], [role="dialog"]',
  )
    ? 'control'
    : 'canvas'
}

export function shownKeys(keys: string, isMac: boolean): readonly string[] {
  const names: Readonly<Record<string, string>> = {
    mod: isMac ? '⌘' : 'Ctrl',
    alt: isMac ? '⌥' : 'Alt',
    shift: isMac ? '⇧' : 'Shift',
    arrowleft: '←',
    arrowright: '→',
    arrowup: '↑',
    arrowdown: '↓',
    escape: 'Esc',
    delete: 'Del',
    backspace: '⌫',
    enter: 'Enter',
  }
  const parts = keys.split(/[ ]|(?<=[a-z0-9])\+/).filter(Boolean)
  return parts.map((part) => names[part] ?? part.toUpperCase())
}
