import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useSession, useSignOut } from '@/api/session'
import { PasswordForm } from '@/pages/settings/PasswordForm'
import { EntryFrame } from './EntryFrame'

/** Somebody whose password the server made chooses one of their own before anything else. */
export function FirstPasswordPage() {
  const { t } = useTranslation()
  const session = useSession()
  const signOut = useSignOut()
  return (
    <EntryFrame title={t('password.firstTitle')} text={t('password.firstText')}>
      <PasswordForm isFirst onChanged={() => void session.refetch()} />
      <Button variant="subtle" fullWidth mt="sm" loading={signOut.isPending} onClick={() => signOut.mutate()}>
        {t('shell.signOut')}
      </Button>
    </EntryFrame>
  )
}
