import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Panel, Section } from '@/ui'
import { PasswordForm } from './PasswordForm'
import styles from './Settings.module.css'

/** Another password for the person who is signed in. */
export function PasswordPanel() {
  const { t } = useTranslation()
  const [changes, setChanges] = useState(0)
  return (
    <Section title={t('password.title')}>
      <Panel>
        <p className={styles.intro} role="status">
          {t(changes > 0 ? 'password.changed' : 'password.intro')}
        </p>
        {/* A new form after each change, so that no password stays in a field. */}
        <PasswordForm key={changes} onChanged={() => setChanges((count) => count + 1)} />
      </Panel>
    </Section>
  )
}
