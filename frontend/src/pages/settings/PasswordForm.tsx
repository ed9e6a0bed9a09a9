import { Button, Checkbox } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemAt } from '@/api/errors'
import { useChangePassword } from '@/api/session'
import { ErrorNotice, PasswordField } from '@/ui'
import styles from './Settings.module.css'

export type PasswordFormProps = {
  onChanged: () => void
  /** The first password of somebody who has made no tokens yet is not asked about them. */
  isFirst?: boolean
}

/** Asks for the present password and another one. */
export function PasswordForm({ onChanged, isFirst = false }: PasswordFormProps) {
  const { t } = useTranslation()
  const change = useChangePassword()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [revokesTokens, setRevokesTokens] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({ current, new: next, revoke_tokens: revokesTokens }, { onSuccess: onChanged })
  }
  const isPlaced = ['current', 'new'].some((field) => problemAt(change.error, field))
  return (
    <form onSubmit={submit} className={isFirst ? styles.form : styles.narrowForm}>
      <PasswordField
        label={t(isFirst ? 'password.made' : 'password.current')}
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={current}
        error={problemAt(change.error, 'current')}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <PasswordField
        label={t('password.new')}
        description={t('setup.passwordRule')}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={next}
        error={problemAt(change.error, 'new')}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      {isFirst ? null : (
        <Checkbox
          label={t('password.revokeTokens')}
          description={t('password.revokeTokensText')}
          checked={revokesTokens}
          onChange={(event) => setRevokesTokens(event.currentTarget.checked)}
        />
      )}
      {change.error && !isPlaced ? <ErrorNotice error={change.error} /> : null}
      <div className={styles.start}>
        <Button type="submit" fullWidth={isFirst} loading={change.isPending} disabled={!current || !next}>
          {t('password.change')}
        </Button>
      </div>
    </form>
  )
}
