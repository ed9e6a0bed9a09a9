import { Button, Modal, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemAt } from '@/api/errors'
import { useAddMember } from '@/api/members'
import { ErrorNotice, PasswordField } from '@/ui'
import { ROLES } from './roles'
import styles from './Settings.module.css'

type Values = { username: string; email: string; password: string; role: (typeof ROLES)[number] }

const FIELDS = ['username', 'email', 'password'] as const

export type AddMemberDialogProps = {
  /** Told the password that the server made, when none was given. */
  onMade: (password: string) => void
  onClose: () => void
}

export function AddMemberDialog({ onMade, onClose }: AddMemberDialogProps) {
  const { t } = useTranslation()
  const add = useAddMember()
  const [values, setValues] = useState<Values>({ username: '', email: '', password: '', role: 'analyst' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(values, {
      onSuccess: ({ password }) => {
        if (password) onMade(password)
        onClose()
      },
    })
  }
  const bind = (field: (typeof FIELDS)[number]) => ({
    value: values[field],
    error: problemAt(add.error, field),
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget
      setValues((before) => ({ ...before, [field]: value }))
    },
  })
  const isPlaced = FIELDS.some((field) => problemAt(add.error, field))
  return (
    <Modal opened onClose={onClose} title={t('members.add')}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          {...bind('username')}
          label={t('login.username')}
          required
          withAsterisk={false}
          data-autofocus
        />
        <TextInput {...bind('email')} label={t('settings.email')} type="email" />
        <PasswordField
          {...bind('password')}
          label={t('login.password')}
          description={`${t('members.passwordHint')} ${t('setup.passwordRule')}`}
          autoComplete="new-password"
        />
        <Select
          label={t('members.role')}
          data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
          value={values.role}
          allowDeselect={false}
          onChange={(role) => {
            const chosen = ROLES.find((each) => each === role)
            if (chosen) setValues((before) => ({ ...before, role: chosen }))
          }}
        />
        {add.error && !isPlaced ? <ErrorNotice error={add.error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={add.isPending}>
            {t('members.add')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
