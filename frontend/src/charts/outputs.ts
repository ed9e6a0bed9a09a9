import type { Column, Trial, Verdict } from '@/contracts'
import { isRecord, storedText } from '@/lib/messages'
import { verdictIn } from '@/lib/verdict'
import type { FigureSpec, Trace } from './figure'

/** What the files behind the edges hold, read with care: an older artifact may lack a part. */
export interface MetricsOutput {
  readonly values: Readonly<Record<string, number>>
  readonly headline: string
  readonly details: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
  readonly verdict: Verdict | null
}

export interface NamedFigure {
  readonly name: string
  readonly title: string
  readonly spec: FigureSpec
}

export interface StudyOutput {
  readonly metric: string
  readonly direction: string
  readonly trials: readonly Trial[]
  readonly importance: Readonly<Record<string, number>>
}

export interface ModelOutput {
  readonly task: string
  readonly target: string
  readonly classes: readonly unknown[]
  readonly inputs: readonly Column[]
  readonly metrics: Readonly<Record<string, number>>
  readonly scoredOn: string
  readonly threshold: number | null
  readonly steps: readonly string[]
  readonly learner: string
  /** How the answers of a program for an endpoint compare with those in training. */
  readonly parity: Readonly<Record<string, number>>
  readonly verdict: Verdict | null
}

type Loose = Readonly<Record<string, unknown>>

function recordIn(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
}

function listIn<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : []
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numbersIn(value: unknown): Readonly<Record<string, number>> {
  const found = Object.entries(recordIn(value)).filter(([, number]) => typeof number === 'number')
  return Object.fromEntries(found) as Record<string, number>
}

export function metricsIn(output: Loose): MetricsOutput {
  const details = Object.entries(recordIn(output['details'])).map(([title, rows]) => [
    title,
    listIn<Loose>(rows),
  ])
  return {
    values: numbersIn(output['values']),
    headline: textIn(output['headline']),
    details: Object.fromEntries(details) as MetricsOutput['details'],
    verdict: verdictIn(output['verdict']),
  }
}

export function figuresIn(output: Loose): readonly NamedFigure[] {
  return listIn<Loose>(output['figures']).map((figure) => {
    const messages = recordIn(figure['messages'])
    const say = (text: string) => (text in messages ? storedText(text, messages[text]) : text)
    return {
      name: textIn(figure['name']),
      title: say(textIn(figure['title'])),
      spec: {
        data: listIn<Trace>(recordIn(figure['spec'])['data']).map((trace) => ({
          ...trace,
          ...(recordIn(sayAll(pick(trace, SPOKEN), say)) as Partial<Trace>),
        })),
        layout: recordIn(sayAll(recordIn(figure['spec'])['layout'], say)),
      },
    }
  })
}

/** Members of a trace that hold sentences; the others hold data, whose words stay as they are. */
const SPOKEN = ['name', 'text', 'hovertemplate', 'colorbar'] as const

function pick(trace: Trace, names: readonly string[]): Loose {
  return Object.fromEntries(names.filter((name) => name in trace).map((name) => [name, trace[name]]))
}

function sayAll(value: unknown, say: (text: string) => string): unknown {
  if (typeof value === 'string') return say(value)
  if (Array.isArray(value)) return value.map((each) => sayAll(each, say))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sayAll(inner, say)]))
}

export function studyIn(output: Loose): StudyOutput {
  return {
    metric: textIn(output['metric']),
    direction: textIn(output['direction']),
    trials: listIn<Trial>(output['trials']),
    importance: numbersIn(output['importance']),
  }
}

export function modelIn(output: Loose): ModelOutput {
  const schema = recordIn(output['raw_schema'])
  const metrics = recordIn(output['metrics'])
  return {
    task: textIn(output['task']),
    target: textIn(output['target']),
    classes: listIn(output['classes']),
    inputs: listIn<Column>(schema['columns'] ?? output['inputs']),
    metrics: numbersIn(metrics['values'] ?? metrics),
    scoredOn: textIn(output['scored_on']),
    threshold: typeof output['threshold'] === 'number' ? output['threshold'] : null,
    steps: listIn<Loose>(output['steps']).map(stepName).filter(Boolean),
    parity: numbersIn(output['parity']),
    verdict: verdictIn(output['verdict']),
    learner: textIn(recordIn(output['learner'])['title']) || textIn(recordIn(output['learner'])['kind']),
  }
}

/** `tasks.nodes.clean.impute:Fill` is called Fill. */
function stepName(step: Loose): string {
  return (textIn(step['kind']) || textIn(step['name'])).split(/[:.]/).at(-1) ?? ''
}
