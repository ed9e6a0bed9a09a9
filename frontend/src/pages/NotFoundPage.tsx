import { Button } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { EmptyState } from '@/ui'

/** There is nothing at this address, or nothing this person may see; the server does not tell which. */
export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <EmptyState
      isScreen
      icon={IconMapQuestion}
      title={t('notFound.title')}
      action={
        <Button component={Link} to="/" variant="default">
          {t('notFound.home')}
        </Button>
      }
    >
      {t('notFound.text')}
    </EmptyState>
  )
}
