import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useDeleteEndpoint, useRenameEndpoint } from '@/api/endpoints'
import type { Endpoint } from '@/contracts'
import { RenameDeleteMenu } from '@/ui'

/** What is done to an endpoint as a whole. */
export function EndpointMenu({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { name, slug } = endpoint
  const rename = useRenameEndpoint(slug)
  const remove = useDeleteEndpoint()
  return (
    <RenameDeleteMenu
      name={name}
      renameTitle={t('endpoint.renameTitle')}
      deleteTitle={t('endpoint.deleteTitle', { name })}
      deleteText={t('endpoint.deleteText')}
      rename={{ ...rename, start: (next, done) => rename.mutate(next, { onSuccess: done }) }}
      remove={{ ...remove, start: () => remove.mutate(slug, { onSuccess: () => navigate('/endpoints') }) }}
    />
  )
}
