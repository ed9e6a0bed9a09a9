import { Button, Select } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChangeRole, useMembers, useRemoveMember } from '@/api/members'
import { useMayManage, useSession } from '@/api/session'
import type { Member } from '@/contracts'
import { errorMessage } from '@/lib/errorMessage'
import { ConfirmDialog, ErrorNotice, LoadingRows, Pager, Panel, SecretNotice, Table } from '@/ui'
import { AddMemberDialog } from './AddMemberDialog'
import { ROLES } from './roles'
import styles from './Settings.module.css'

function MemberRow({
  member,
  mayManage,
  onRemove,
}: {
  member: Member
  mayManage: boolean
  onRemove: () => void
}) {
  const { t } = useTranslation()
  const change = useChangeRole()
  const isOneself = useSession().data?.user?.username === member.username
  const mayChange = mayManage && !isOneself
  return (
    <tr>
      <td>
        {member.username}
        {isOneself ? ` (${t('members.you')})` : ''}
      </td>
      <td data-quiet>{member.email || '–'}</td>
      <td data-actions={mayChange ? 'inline' : undefined}>
        {mayChange ? (
          <Select
            size="xs"
            className={styles.roleSelect}
            aria-label={t('members.roleOf', { name: member.username })}
            data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
            value={member.role}
            error={change.error ? errorMessage(change.error) : undefined}
            allowDeselect={false}
            onChange={(role) => {
              const chosen = ROLES.find((each) => each === role)
              if (chosen) change.mutate({ id: member.id, role: chosen })
            }}
          />
        ) : (
          t(`role.${member.role}`)
        )}
      </td>
      <td data-actions>
        {mayChange ? (
          <Button size="compact-sm" variant="default" onClick={onRemove}>
            {t('members.remove')}
          </Button>
        ) : null}
      </td>
    </tr>
  )
}

/** Who works in this workspace, and what they may do. */
export function MembersPanel() {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const { data, error, refetch } = useMembers(page)
  const remove = useRemoveMember()
  const mayManage = useMayManage()
  const [isAdding, setAdding] = useState(false)
  const [password, setPassword] = useState<string | null>(null)
  const [leaving, setLeaving] = useState<Member | null>(null)
  return (
    <div className={styles.stack}>
      <p className={styles.intro}>{t('members.intro')}</p>
      {password ? <SecretNotice secret={password} onClose={() => setPassword(null)} /> : null}
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      <Panel isPadded={false}>
        {!data && !error ? <LoadingRows count={3} /> : null}
        {data ? (
          <Table
            label={t('settings.members')}
            headers={[t('login.username'), t('settings.email'), t('members.role'), '']}
          >
            {data.results.map((member) => (
              <MemberRow
                key={member.id}
                member={member}
                mayManage={mayManage}
                onRemove={() => setLeaving(member)}
              />
            ))}
          </Table>
        ) : null}
        {mayManage ? (
          <div className={styles.foot}>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconUserPlus size={14} />}
              onClick={() => setAdding(true)}
            >
              {t('members.add')}
            </Button>
          </div>
        ) : null}
      </Panel>
      <Pager page={page} count={data?.count ?? 0} onChange={setPage} />
      {isAdding ? <AddMemberDialog onMade={setPassword} onClose={() => setAdding(false)} /> : null}
      <ConfirmDialog
        isOpen={leaving !== null}
        title={t('members.removeTitle', { name: leaving?.username })}
        action={t('members.remove')}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => leaving && remove.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
        onClose={() => setLeaving(null)}
      >
        {t('members.removeText')}
      </ConfirmDialog>
    </div>
  )
}
