import { Button, Checkbox, Group, Select } from '@mantine/core'
import { IconArrowsDiff, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { isMoving, useCancelRun, useRuns } from '@/api/runs'
import { useMayEdit } from '@/api/session'
import type { RunLine } from '@/contracts'
import { useCatalogueWords } from '@/editor/useCatalogueWords'
import { formatAge } from '@/lib/format'
import { outcomeOf } from '@/lib/status'
import { EmptyState, JudgedResult, Listing, Page, Table, TableLink, useListState } from '@/ui'
import { RunBadge } from './RunBadge'
import { RunTime } from './RunTime'

interface RunRowProps {
  readonly run: RunLine
  readonly mayEdit: boolean
  readonly isTicked: boolean
  readonly onTick: (isTicked: boolean) => void
}

function RunRow({ run, mayEdit, isTicked, onTick }: RunRowProps) {
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
        <JudgedResult verdict={run.verdict} text={outcomeOf(run)} />
      </td>
      <td data-numeric>
        <RunTime run={run} />
      </td>
      <td>{run.created_by ?? '–'}</td>
      <td>{formatAge(run.created_at)}</td>
      <td data-actions>
        <Group gap="sm" justify="flex-end" wrap="nowrap">
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
          <Checkbox
            size="xs"
            checked={isTicked}
            aria-label={t('compare.tick', { name: run.graph_name, number: run.number })}
            title={t('compare.tick', { name: run.graph_name, number: run.number })}
            onChange={(event) => onTick(event.currentTarget.checked)}
          />
        </Group>
      </td>
    </tr>
  )
}

const STATES = ['queued', 'running', 'done', 'failed', 'crashed', 'cancelled'] as const

/** Every run, newest first unless ordered otherwise. The list moves by itself; ticked runs are compared. */
export function RunsPage() {
  const { t } = useTranslation()
  const state = useListState()
  const [only, setOnly] = useState('')
  const [ticked, setTicked] = useState<readonly string[]>([])
  const list = useRuns({ page: state.page, search: state.search, order: state.order, state: only })
  const mayEdit = useMayEdit()
  const tick = (id: string, isTicked: boolean) =>
    setTicked((before) => (isTicked ? [...before, id] : before.filter((other) => other !== id)))
  const field = (
    <Select
      aria-label={t('list.state')}
      placeholder={t('runs.anyState')}
      clearable
      data={STATES.map((value) => ({ value, label: t(`status.${value}`) }))}
      value={only || null}
      onChange={(value) => {
        setOnly(value ?? '')
        state.setPage(1)
      }}
    />
  )
  return (
    <Page title={t('nav.runs')} actions={<CompareButtons ticked={ticked} onClear={() => setTicked([])} />}>
      <Listing
        answer={list}
        state={state}
        filter={{ isOn: only !== '', field }}
        empty={
          <EmptyState icon={IconPlayerPlay} title={t('runs.emptyTitle')}>
            {t('runs.emptyText')}
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            state={state}
            label={t('nav.runs')}
            headers={[
              { text: t('runs.graph'), order: 'graph' },
              { text: t('runs.number'), isNumeric: true, order: 'number' },
              { text: t('list.state'), order: 'state' },
              t('list.result'),
              { text: t('runs.duration'), isNumeric: true, order: 'duration' },
              { text: t('runs.who'), order: 'who' },
              { text: t('runs.started'), order: 'started' },
              '',
            ]}
          >
            {items.map((run) => (
              <RunRow
                key={run.id}
                run={run}
                mayEdit={mayEdit}
                isTicked={ticked.includes(run.id)}
                onTick={(isTicked) => tick(run.id, isTicked)}
              />
            ))}
          </Table>
        )}
      </Listing>
    </Page>
  )
}

/** What can be done with the ticked runs; nothing while none is. */
function CompareButtons({ ticked, onClear }: { ticked: readonly string[]; onClear: () => void }) {
  const { t } = useTranslation()
  if (ticked.length === 0) return null
  return (
    <>
      <Button variant="default" onClick={onClear}>
        {t('compare.clear')}
      </Button>
      {ticked.length < 2 ? (
        <Button disabled>{t('compare.another')}</Button>
      ) : (
        <Button
          component={Link}
          to={`/runs/compare?ids=${ticked.join(',')}`}
          leftSection={<IconArrowsDiff size={16} />}
        >
          {t('compare.runs', { count: ticked.length })}
        </Button>
      )}
    </>
  )
}
