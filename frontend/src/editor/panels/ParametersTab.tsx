import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useDataset, useDatasets } from '@/api/datasets'
import { EMPTY_FORM_CONTEXT, FormContext, type FormContextValue } from '@/form/FormContext'
import { ParamsForm } from '@/form/ParamsForm'
import { messageText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import type { GraphNode, Json, NodeDescription } from '../graph/types'
import { problemsByParam } from '../problems'
import type { Problem } from '../store/check'
import { useEditor } from '../store/EditorContext'
import { isTimeLimit, secondsOf, withTimeLimit } from './execution'
import classes from './Inspector.module.css'
import { FixButtons } from './ProblemsList'

const MOST_DATASETS = 200
const NONE: readonly Problem[] = []

export function ParametersTab({ node, description }: { node: GraphNode; description: NodeDescription }) {
  const { t } = useTranslation('editor')
  const perform = useEditor((state) => state.perform)
  const isFixed = useEditor((state) => state.isFixed)
  const problems = useEditor((state) => state.check?.problemsOf[node.id] ?? NONE)
  const fault = useLive((slice) => slice.run?.nodes[node.id]?.error)
  const world = useFormContextValue(node.id)
  const { byParam, others } = problemsByParam(node.id, problems, description)
  const withFault = fault?.param ? { [fault.param]: messageText(fault), ...byParam } : byParam
  const form = useMemo(
    () => withTimeLimit(description, { title: t('form.timeLimit'), description: t('form.timeLimitHelp') }),
    [description, t],
  )
  const change = (name: string, value: Json | undefined) =>
    perform(
      isTimeLimit(name)
        ? { kind: 'limit', node: node.id, seconds: secondsOf(value) }
        : { kind: 'params', node: node.id, changes: { [name]: value } },
    )
  return (
    <FormContext value={world}>
      {others.map((problem) => (
        <div key={problem.at + problem.message} className={classes.problem} data-severity={problem.severity}>
          <span>{messageText(problem)}</span>
          <FixButtons problem={problem} />
        </div>
      ))}
      <ParamsForm
        schema={form.schema}
        defaults={form.defaults}
        params={form.paramsOf(node)}
        problems={withFault}
        onChange={change}
        isReadOnly={isFixed}
      />
      <SourceOf node={node} />
    </FormContext>
  )
}

/** A way from the source node to the data set it reads. */
function SourceOf({ node }: { node: GraphNode }) {
  const { t } = useTranslation('editor')
  const dataset = datasetOf(node)
  if (!dataset) return null
  return (
    <p className={classes.note} style={{ marginTop: 16 }}>
      <Link to={`/data/${dataset}`}>{t('inspector.openDataset')}</Link>
    </p>
  )
}

/** The id of the data set that a node reads; empty when it reads none. */
function datasetOf(node: GraphNode | undefined): string {
  const dataset = node?.params['dataset']
  return typeof dataset === 'string' ? dataset : ''
}

/** What the form may know: the columns on the edges that end at this node, and the data sets. */
function useFormContextValue(nodeId: string): FormContextValue {
  const edges = useEditor((state) => state.document.edges)
  const schemas = useEditor((state) => state.check?.schemas)
  const { data } = useDatasets(1, MOST_DATASETS)
  const chosen = useDataset(
    useEditor((state) => datasetOf(state.document.nodes.find(({ id }) => id === nodeId))),
  ).data
  return useMemo(() => {
    const columnsAt: FormContextValue['columnsAt'] = (input) => {
      const edge =
        edges.find((edge) => edge.target === nodeId && edge.target_port === input) ??
        edges.find((edge) => edge.target === nodeId)
      // A source has no input: its own columns are the ones to choose from.
      const schema = edge
        ? schemas?.[edge.source]?.[edge.source_port]
        : Object.values(schemas?.[nodeId] ?? {})[0]
      return schema
        ? { columns: schema.columns, isOpen: schema.is_open }
        : EMPTY_FORM_CONTEXT.columnsAt(input)
    }
    const known = data?.results ?? []
    const listed = chosen && !known.some(({ id }) => id === chosen.id) ? [chosen, ...known] : known
    const datasets = listed.map(({ id, name }) => ({ value: id, label: name }))
    return { columnsAt, datasets }
  }, [edges, schemas, data, chosen, nodeId])
}
