import { Button, Checkbox, Modal, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemAt } from '@/api/errors'
import { type NewToken, SCOPES, type Scope } from '@/api/tokens'
import { ErrorNotice } from '@/ui'
import styles from './Settings.module.css'
import { endOf, LIFETIMES, type Lifetime } from './tokenLifetimes'

export type TokenDialogProps = {
  isBusy: boolean
  error: unknown
  onSubmit: (asked: NewToken) => void
  onClose: () => void
}

/** Asks what a token is for, what it may do and when it ends. The least is chosen at first: reading, for 90 days. */
export function TokenDialog({ isBusy, error, onSubmit, onClose }: TokenDialogProps) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly string[]>(['read'])
  const [lifetime, setLifetime] = useState<Lifetime>('90')
  const chosen: Scope[] = SCOPES.filter((scope) => scopes.includes(scope))
  const isComplete = name.trim() !== '' && chosen.length > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isComplete) onSubmit({ name: name.trim(), scopes: chosen, expires_at: endOf(lifetime, new Date()) })
  }
  return (
    <Modal opened onClose={onClose} title={t('tokens.createTitle')}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label={t('tokens.nameLabel')}
          value={name}
          maxLength={120}
          error={problemAt(error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Checkbox.Group
          label={t('tokens.scopes')}
          value={[...scopes]}
          onChange={setScopes}
          error={problemAt(error, 'scopes')}
        >
          <div className={styles.choices}>
            {SCOPES.map((scope) => (
              <Checkbox
                key={scope}
                value={scope}
                label={t(`tokens.scope.${scope}`)}
                description={t(`tokens.scopeText.${scope}`)}
              />
            ))}
          </div>
        </Checkbox.Group>
        <Select
          label={t('tokens.lifetime')}
          data={LIFETIMES.map((value) => ({ value, label: t(`tokens.lifetimes.${value}`) }))}
          value={lifetime}
          allowDeselect={false}
          onChange={(value) => setLifetime(LIFETIMES.find((each) => each === value) ?? lifetime)}
          error={problemAt(error, 'expires_at')}
        />
        {error ? <ErrorNotice error={error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!isComplete}>
            {t('tokens.create')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
