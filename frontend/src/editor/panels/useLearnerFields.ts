import { useMemo } from 'react'
import { type Field, fieldsOf } from '@/form/schema'
import { learnerOf } from '../graph/learner'
import { useEditor } from '../store/EditorContext'

const NO_FIELDS: readonly Field[] = []

/** The parameters of the model that a node searches, in the words of the page. */
export function useLearnerFields(node: string): readonly Field[] {
  const document = useEditor((state) => state.document)
  const catalogue = useEditor((state) => state.catalogue)
  return useMemo(() => {
    const learner = learnerOf(document, catalogue, node)
    return learner ? fieldsOf(learner.params, learner.defaults) : NO_FIELDS
  }, [document, catalogue, node])
}
