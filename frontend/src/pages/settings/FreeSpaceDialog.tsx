import { Button, Modal, Radio } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFreeSpace } from '@/api/space'
import { ErrorNotice } from '@/ui'
import styles from './Settings.module.css'

/** Days without use after which results go; nothing for leftovers alone. */
const CHOICES = { leftovers: null, old: 30, all: 0 } as const
type Choice = keyof typeof CHOICES
const ORDER: readonly Choice[] = ['leftovers', 'old', 'all']

/** Asks how much is to go. Whatever goes can be made again, but for what belongs to nobody any more. */
export function FreeSpaceDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [choice, setChoice] = useState<Choice>('leftovers')
  const free = useFreeSpace()
  return (
    <Modal opened onClose={onClose} title={t('space.freeTitle')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          free.mutate(CHOICES[choice], { onSuccess: onClose })
        }}
      >
        <Radio.Group
          label={t('space.what')}
          value={choice}
          onChange={(value) => setChoice(ORDER.find((each) => each === value) ?? 'leftovers')}
        >
          <div className={styles.choices}>
            {ORDER.map((each) => (
              <Radio
                key={each}
                value={each}
                label={t(`space.choice.${each}`, { days: CHOICES.old })}
                description={t(`space.choiceText.${each}`)}
              />
            ))}
          </div>
        </Radio.Group>
        <p className={styles.intro}>{t('space.never')}</p>
        {free.error ? <ErrorNotice error={free.error} /> : null}
        <div className={styles.actions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" color={choice === 'all' ? 'red' : 'accent'} loading={free.isPending}>
            {t('space.free')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
