import { Button } from '@mantine/core'
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isMoving, useCancelRun, useRuns } from '@/api/runs'
import { useMayEdit } from '@/api/session'
import type { RunLine } from '@/contracts'
import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { formatAge } from '@/lib/format'
import { outcomeOf } from '@/lib/status'
import { EmptyState, Listing, Page, Table, TableLink, useListState, VerdictBadge } from '@/ui'
import { RunBadge } from './RunBadge'
import { RunTime } from './RunTime'

function RunRow({ run, mayEdit }: { run: RunLine; mayEdit: boolean }) {
  const { t } = useTranslation()
  useCatalogueWords()
  const cancel = useCancelRun()
  return (
    <tr>
      <td>
        <TableLink to={`/runs/${run.id}`}>{run.graph_name}</TableLink>
      </td>
      <td data-numeric>#{run.number}</td>
      <td>
        <RunBadge run={run} />
      </td>
      <td data-quiet>
        {run.verdict ? <VerdictBadge verdict={run.verdict} /> : null}{' '}
        <span title={outcomeOf(run)}>{outcomeOf(run) || '–'}</span>
      </td>
      <td data-numeric>
        <RunTime run={run} />
      </td>
      <td>{run.created_by ?? '–'}</td>
      <td>{formatAge(run.created_at)}</td>
      <td data-actions>
        {mayEdit && isMoving(run) ? (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerStop size={14} />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(run.id)}
          >
            {t('run.stop')}
          </Button>
        ) : null}
      </td>
    </tr>
  )
}

/** Every run, newest first. The list moves by itself. */
export function RunsPage() {
  const { t } = useTranslation()
  const state = useListState()
  const list = useRuns({ page: state.page, search: state.search })
  const mayEdit = useMayEdit()
  return (
    <Page title={t('nav.runs')}>
      <Listing
        answer={list}
        state={state}
        empty={
          <EmptyState icon={IconPlayerPlay} title={t('runs.emptyTitle')}>
            {t('runs.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            label={t('nav.runs')}
            headers={[
              t('runs.graph'),
              { text: t('runs.number'), isNumeric: true },
              t('list.state'),
              t('list.result'),
              { text: t('runs.duration'), isNumeric: true },
              t('runs.who'),
              t('runs.started'),
              '',
            ]}
          >
            {items.map((run) => (
              <RunRow key={run.id} run={run} mayEdit={mayEdit} />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}
