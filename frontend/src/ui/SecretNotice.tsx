import { Button } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from './CopyButton'
import styles from './SecretNotice.module.css'

/** A secret on the one occasion it can be seen. */
export function SecretNotice({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useTranslation()
  // Shown this once: whoever pressed a button far below must not miss it.
  const box = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another secret is shown like the first
  useEffect(() => box.current?.scrollIntoView({ block: 'center' }), [secret])
  return (
    <div className={styles.notice} role="status" ref={box}>
      <IconKey size={18} stroke={1.6} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <div className={styles.title}>{t('secret.title')}</div>
        <div className={styles.value}>
          <code data-testid="secret">{secret}</code>
          <CopyButton text={secret} label={t('secret.copy')} />
        </div>
      </div>
      <Button variant="default" size="xs" onClick={onClose}>
        {t('secret.kept')}
      </Button>
    </div>
  )
}
