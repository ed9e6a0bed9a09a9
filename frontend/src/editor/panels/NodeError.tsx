import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { messageText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { CodeBlock } from '@/ui'
import { isMemoryMessage, memoryFixes } from '../graph/memoryFixes'
import { applyQuickFix, quickFixLabel } from '../quickFix'
import { useEditor, useEditorStore } from '../store/EditorContext'
import classes from './Inspector.module.css'

/** What may be lowered for a node that ran out of memory, as buttons. */
function MemoryFixes({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  const nodes = useLive((slice) => slice.run?.nodes)
  const rowsOf = (source: string) => Number(nodes?.[source]?.outputs['table']?.summary['rows'] ?? 0)
  return memoryFixes(document, catalogue, node, rowsOf).map((fix) => {
    const description = catalogue.find(fix.type)
    return description ? (
      <Button
        key={`${fix.node} ${Object.keys(fix.params).join()}`}
        size="compact-xs"
        variant="light"
        mr={4}
        onClick={() => applyQuickFix(editor, fix.node, description, fix)}
      >
        {quickFixLabel(t, fix, description.title)}
      </Button>
    ) : null
  })
}

/** Why the node failed: the sentence, the way out as a button, and the trace folded away. */
export function NodeError({ node }: { node: string }) {
  const { t } = useTranslation('editor')
  const editor = useEditorStore()
  const error = useLive((slice) => {
    const run = slice.run?.nodes[node]
    return run?.state === 'failed' || run?.state === 'crashed' ? run.error : null
  })
  const fix = typeof error?.fix === 'string' ? error.fix : ''
  const description = useEditor((state) => (fix ? state.catalogue.find(fix) : undefined))
  if (!error) return null
  return (
    <div className={classes.fault} role="alert" data-testid="node-fault">
      <p>{messageText(error)}</p>
      {description && (
        <Button
          size="compact-xs"
          variant="light"
          onClick={() => applyQuickFix(editor, node, description, { kind: 'insert_before' })}
        >
          {t('problems.insert', { title: description.title })}
        </Button>
      )}
      {isMemoryMessage(error.message_id) && <MemoryFixes node={node} />}
      {error.trace && (
        <details>
          <summary>{t('inspector.trace')}</summary>
          <CodeBlock code={error.trace} />
        </details>
      )}
    </div>
  )
}
