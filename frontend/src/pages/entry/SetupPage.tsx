import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useNavigate, useSearchParams } from 'react-router'
import { ApiError, problemAt } from '@/api/errors'
import { useSession, useSetup, useSetupLink } from '@/api/session'
import { ErrorNotice, LoadingPage, PasswordField } from '@/ui'
import { EntryFrame } from './EntryFrame'
import styles from './EntryFrame.module.css'

const FIELDS = ['username', 'password', 'workspace_name'] as const
type Field = (typeof FIELDS)[number]

/** A link that the server refused is refused again. */
function isFinal(error: Error): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}

export function SetupPage() {
  const { t } = useTranslation()
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const session = useSession()
  const setup = useSetup()
  const [values, setValues] = useState<Record<Field, string>>({
    username: '',
    password: '',
    workspace_name: '',
  })
  const token = search.get('token')
  const link = useSetupLink(setup.isSuccess ? null : token)
  if (session.data?.user && !setup.isSuccess) return <Navigate to="/" replace />
  if (!token) {
    if (session.data && !session.data.needs_setup) return <Navigate to="/login" replace />
    return <EntryFrame title={t('setup.noTokenTitle')} text={t('setup.noToken')} />
  }
  if (link.isPending && !setup.isSuccess) return <LoadingPage />
  if (link.error) {
    return (
      <EntryFrame title={t('setup.refusedTitle')}>
        <ErrorNotice
          error={link.error}
          {...(isFinal(link.error) ? {} : { onRetry: () => void link.refetch() })}
        />
      </EntryFrame>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { username, password, workspace_name } = values
    setup.mutate(
      { token, username, password, ...(workspace_name ? { workspace_name } : {}) },
      { onSuccess: () => void navigate('/', { replace: true }) },
    )
  }
  const bind = (field: Field) => ({
    label: t(`setup.${field}`),
    value: values[field],
    error: problemAt(setup.error, field),
    withAsterisk: false,
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget
      setValues((before) => ({ ...before, [field]: value }))
    },
  })
  const isPlaced = FIELDS.some((field) => problemAt(setup.error, field))
  return (
    <EntryFrame title={t('setup.title')} text={t('setup.text')}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput {...bind('username')} autoComplete="username" required autoFocus />
        <PasswordField
          {...bind('password')}
          description={t('setup.passwordRule')}
          autoComplete="new-password"
          required
        />
        <TextInput {...bind('workspace_name')} placeholder={t('setup.workspacePlaceholder')} />
        {setup.error && !isPlaced ? <ErrorNotice error={setup.error} /> : null}
        <Button type="submit" loading={setup.isPending} fullWidth>
          {t('setup.action')}
        </Button>
      </form>
    </EntryFrame>
  )
}
