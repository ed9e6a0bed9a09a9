import { useTranslation } from 'react-i18next'
import { formatDuration } from '@/lib/format'
import { useLive } from '@/live/RunContext'
import { StatusBadge } from '@/ui'
import { PortGlyph } from '../canvas/PortGlyph'
import { shownKeys } from '../keys'
import { planAt } from '../store/check'
import { useEditor } from '../store/EditorContext'
import classes from './GraphOverview.module.css'
import { neededMemory } from './neededMemory'

const VALUE_KINDS = ['table', 'model', 'metrics', 'report', 'study', 'endpoint'] as const
const KEYS = ['a', 'mod+enter', 'shift+enter', 'mod+f', '?'] as const
const KEY_WORDS: Readonly<Record<(typeof KEYS)[number], string>> = {
  a: 'quickAdd',
  'mod+enter': 'runAll',
  'shift+enter': 'runToHere',
  'mod+f': 'find',
  '?': 'shortcuts',
}

/** What the inspector says while no node is chosen: how the graph stands, what the edges mean, the first keys. */
export function GraphOverview() {
  const { t } = useTranslation('editor')
  const nodes = useEditor((state) => state.document.nodes.length)
  const edges = useEditor((state) => state.document.edges.length)
  const runGeneration = useLive((slice) => slice.runGeneration)
  // What cannot run has no plan, and so no cost.
  const plan = useEditor((state) => {
    const found = planAt(state.check, runGeneration)?.plan
    return found && found.nodes.length > 0 ? found : undefined
  })
  const number = useLive((slice) => slice.run?.number)
  const state = useLive((slice) => slice.run?.state)
  const isMac = /mac/i.test(navigator.userAgent)
  return (
    <div className={classes.overview}>
      <h2>{t('overview.title')}</h2>
      <dl className={classes.facts}>
        <dt>{t('overview.size')}</dt>
        <dd>{[t('overview.nodes', { count: nodes }), t('overview.edges', { count: edges })].join(' · ')}</dd>
        {plan && (
          <>
            <dt>{t('overview.cost')}</dt>
            <dd>
              {[
                plan.seconds < 0.05
                  ? t('overview.costNone')
                  : t('overview.costValue', { time: formatDuration(plan.seconds) }),
                ...neededMemory(t, plan),
              ].join(' · ')}
            </dd>
          </>
        )}
        {number !== undefined && state && (
          <>
            <dt>{t('run.number', { number })}</dt>
            <dd>
              <StatusBadge status={state} />
            </dd>
          </>
        )}
      </dl>
      <h3>{t('overview.legend')}</h3>
      <ul className={classes.legend}>
        {VALUE_KINDS.map((kind) => (
          <li key={kind}>
            <PortGlyph kind={kind} />
            {t(`wire.${kind}`)}
          </li>
        ))}
      </ul>
      <h3>{t('overview.keys')}</h3>
      <ul className={classes.keys}>
        {KEYS.map((keys) => (
          <li key={keys}>
            <span>{t(`action.${KEY_WORDS[keys]}`)}</span>
            <kbd>{shownKeys(keys, isMac).join(' ')}</kbd>
          </li>
        ))}
      </ul>
      <p className={classes.hint}>{t('inspector.none')}</p>
    </div>
  )
}
