import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { messageText } from '@/lib/messages'
import { useLive } from '@/live/RunContext'
import { CodeBlock } from '@/ui'
import { applyQuickFix } from '../quickFix'
import { useEditor, useEditorStore } from '../store/EditorContext'
import classes from './Inspector.module.css'

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
      {error.trace && (
        <details>
          <summary>{t('inspector.trace')}</summary>
          <CodeBlock code={error.trace} />
        </details>
      )}
    </div>
  )
}
