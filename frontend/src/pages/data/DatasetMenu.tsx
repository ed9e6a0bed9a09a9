import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeleteDataset, useRenameDataset } from '@/api/datasets'
import { useMayEdit } from '@/api/session'
import type { Dataset } from '@/contracts'
import { RenameDeleteMenu } from '@/ui'

/** What is done to a data set as a whole. */
export function DatasetMenu({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const rename = useRenameDataset()
  const remove = useDeleteDataset()
  const mayEdit = useMayEdit()
  const { id, name } = dataset
  if (!mayEdit) return null
  return (
    <RenameDeleteMenu
      name={name}
      renameTitle={t('dataset.renameTitle')}
      deleteTitle={t('dataset.deleteTitle', { name })}
      deleteText={t('dataset.deleteText')}
      rename={{ ...rename, start: (next, done) => rename.mutate({ id, name: next }, { onSuccess: done }) }}
      remove={{ ...remove, start: () => remove.mutate(id, { onSuccess: () => navigate('/data') }) }}
    />
  )
}
