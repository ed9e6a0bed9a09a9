import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useSearchParams } from 'react-router'
import { useSession, useSignIn } from '@/api/session'
import { ErrorNotice, PasswordField } from '@/ui'
import { EntryFrame } from './EntryFrame'
import styles from './EntryFrame.module.css'

/** Only addresses of our own: `//elsewhere` would leave the page. */
function safeNext(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') ? next : '/'
}

export function LoginPage() {
  const { t } = useTranslation()
  const [search] = useSearchParams()
  const session = useSession()
  const signIn = useSignIn()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  if (session.data?.user) return <Navigate to={safeNext(search.get('next'))} replace />
  if (session.data?.needs_setup) return <Navigate to="/setup" replace />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ username, password })
  }
  return (
    <EntryFrame title={t('login.title')}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label={t('login.username')}
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordField
          label={t('login.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {signIn.error ? <ErrorNotice error={signIn.error} /> : null}
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t('login.action')}
        </Button>
      </form>
    </EntryFrame>
  )
}
