import { Badge, CloseButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useMayEdit } from '@/api/session'
import styles from './VersionPage.module.css'

/** Names that follow the endpoint, so that nobody takes them away here. */
const FOLLOWING = ['champion', 'challenger']

/** What a version is called; a name of people's own can be taken away. */
export function Names({ names, onRemove }: { names: readonly string[]; onRemove: (name: string) => void }) {
  const { t } = useTranslation()
  const mayEdit = useMayEdit()
  if (names.length === 0) return null
  return (
    <span className={styles.names}>
      {names.map((name) => (
        <Badge
          key={name}
          variant="light"
          tt="none"
          rightSection={
            mayEdit && !FOLLOWING.includes(name) ? (
              <CloseButton
                size={14}
                aria-label={t('models.aliasRemove', { name })}
                onClick={() => onRemove(name)}
              />
            ) : null
          }
        >
          {name}
        </Badge>
      ))}
    </span>
  )
}
