import { Button } from '@mantine/core'
import { IconWebhook } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useEndpoints } from '@/api/endpoints'
import type { Endpoint } from '@/contracts'
import { formatAge, formatCount, formatMilliseconds } from '@/lib/format'
import { EmptyState, JudgedResult, Listing, Page, StatusBadge, Table, TableLink, useListState } from '@/ui'
import { statusOfEndpoint } from './endpointStatus'

function EndpointRow({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation()
  const { traffic, release } = endpoint
  return (
    <tr>
      <td>
        <TableLink to={`/endpoints/${endpoint.slug}`}>{endpoint.name}</TableLink>
      </td>
      <td>
        <StatusBadge {...statusOfEndpoint(endpoint, t)} />
      </td>
      <td data-quiet>
        <JudgedResult
          verdict={release?.model.verdict}
          text={release ? t('endpoint.predicts', { target: release.model.target }) : ''}
        />
      </td>
      <td data-numeric>{release ? release.number : '–'}</td>
      <td data-numeric>{formatCount(traffic.requests)}</td>
      <td data-numeric>{formatCount(traffic.errors)}</td>
      <td data-numeric>{traffic.p95_ms === null ? '–' : formatMilliseconds(traffic.p95_ms)}</td>
      <td>{formatAge(release?.created_at ?? endpoint.created_at)}</td>
    </tr>
  )
}

export function EndpointsPage() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useEndpoints(50, state.page, state.search, state.order)
  return (
    <Page title={t('nav.endpoints')}>
      <Listing
        answer={list}
        state={state}
        empty={
          <EmptyState
            icon={IconWebhook}
            title={t('endpoints.emptyTitle')}
            action={
              <Button component={Link} to="/graphs" variant="default">
                {t('endpoints.emptyAction')}
              </Button>
            }
          >
            {t('endpoints.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            state={state}
            label={t('nav.endpoints')}
            headers={[
              { text: t('list.name'), order: 'name' },
              t('list.state'),
              t('endpoint.model'),
              { text: t('endpoint.release'), isNumeric: true },
              { text: t('endpoint.requests'), isNumeric: true },
              { text: t('endpoint.errors'), isNumeric: true },
              { text: t('endpoint.percentile', { of: 95 }), isNumeric: true },
              t('endpoint.released'),
            ]}
          >
            {items.map((endpoint) => (
              <EndpointRow key={endpoint.slug} endpoint={endpoint} />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}
