import { ActionIcon, Modal, Tooltip } from '@mantine/core'
import { IconWindowMaximize } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './OpenLarge.module.css'

interface OpenLargeProps {
  readonly title: string
  /** What is shown; drawn only while it is open. */
  readonly children: () => ReactNode
}

/** A button that shows a table, chart or list of numbers over the whole window. */
export function OpenLarge({ title, children }: OpenLargeProps) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Tooltip label={t('action.openLarge')}>
        <ActionIcon
          size="sm"
          aria-label={t('action.openLargeOf', { title })}
          onClick={() => setOpen(true)}
          data-testid="open-large"
        >
          <IconWindowMaximize size={16} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={title}
        size="min(1400px, 94vw)"
        classNames={{ content: styles.content ?? '', body: styles.body ?? '' }}
      >
        {isOpen && children()}
      </Modal>
    </>
  )
}
