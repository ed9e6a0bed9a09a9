import { IconBox } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useModels } from '@/api/models'
import type { RegisteredModel } from '@/contracts'
import { formatAge, formatBytes } from '@/lib/format'
import { metricsLine } from '@/lib/metrics'
import { EmptyState, JudgedResult, Listing, Page, Table, TableLink, useListState } from '@/ui'

function word(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '–'
}

function ModelRow({ model }: { model: RegisteredModel }) {
  const { t } = useTranslation()
  const version = model.versions[0]
  const details = version?.details ?? {}
  const task = word(details['task'])
  return (
    <tr>
      <td>
        <TableLink to={`/models/${model.id}`}>{model.name}</TableLink>
      </td>
      <td data-numeric>{model.latest_version ?? '–'}</td>
      <td>{word(details['target'])}</td>
      <td data-quiet>{t(`task.${task}`, { defaultValue: task })}</td>
      <td data-quiet>
        <JudgedResult verdict={version?.verdict} text={metricsLine(details['metrics'])} />
      </td>
      <td data-numeric>{formatBytes(model.versions.reduce((sum, { bytes }) => sum + bytes, 0))}</td>
      <td>{formatAge(version?.created_at ?? model.created_at)}</td>
    </tr>
  )
}

/** Models that were published, each with where it came from. */
export function ModelsPage() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useModels(state.page, 50, state.search, state.order)
  return (
    <Page title={t('nav.models')} subtitle={t('models.subtitle')}>
      <Listing
        answer={list}
        state={state}
        empty={
          <EmptyState icon={IconBox} title={t('models.emptyTitle')}>
            {t('models.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            state={state}
            label={t('nav.models')}
            headers={[
              { text: t('models.model'), order: 'name' },
              { text: t('models.version'), isNumeric: true },
              t('models.target'),
              t('models.task'),
              t('list.result'),
              { text: t('list.size'), isNumeric: true },
              t('list.created'),
            ]}
          >
            {items.map((model) => (
              <ModelRow key={model.id} model={model} />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}
