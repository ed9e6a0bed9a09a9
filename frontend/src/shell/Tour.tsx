import { Button, Modal } from '@mantine/core'
import {
  type Icon,
  IconFileUpload,
  IconPlayerPlay,
  IconRoute,
  IconTargetArrow,
  IconWebhook,
} from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import styles from './Tour.module.css'
import { useTour } from './tourState'

type Step = { name: string; icon: Icon; to: string }

const STEPS: readonly Step[] = [
  { name: 'data', icon: IconFileUpload, to: '/data' },
  { name: 'predict', icon: IconTargetArrow, to: '/data' },
  { name: 'graph', icon: IconRoute, to: '/graphs' },
  { name: 'run', icon: IconPlayerPlay, to: '/runs' },
  { name: 'deploy', icon: IconWebhook, to: '/endpoints' },
]

/** Five steps from a file to an endpoint, each shown over the screen where it happens. */
export function Tour() {
  const { t } = useTranslation()
  const close = useTour((state) => state.close)
  const navigate = useNavigate()
  const [index, setIndex] = useState(0)
  const step = STEPS[index]
  if (!step) return null
  const isLast = index === STEPS.length - 1
  const finish = () => {
    close()
    void navigate('/')
  }
  const go = (next: number) => {
    const target = STEPS[next]
    if (!target) return
    setIndex(next)
    void navigate(target.to)
  }
  const StepIcon = step.icon
  return (
    <Modal
      opened
      onClose={finish}
      size={440}
      title={t('tour.title')}
      overlayProps={{ backgroundOpacity: 0.25 }}
    >
      <div className={styles.step} aria-live="polite">
        <StepIcon size={28} stroke={1.5} aria-hidden className={styles.icon} />
        <h3 className={styles.title}>{t(`tour.${step.name}.title`)}</h3>
        <p className={styles.text}>{t(`tour.${step.name}.text`)}</p>
      </div>
      <div className={styles.actions}>
        <span className={styles.count}>{t('tour.count', { number: index + 1, total: STEPS.length })}</span>
        {index > 0 ? (
          <Button variant="default" onClick={() => go(index - 1)}>
            {t('tour.back')}
          </Button>
        ) : null}
        <Button onClick={() => (isLast ? finish() : go(index + 1))} data-autofocus>
          {isLast ? t('tour.finish') : t('tour.next')}
        </Button>
      </div>
    </Modal>
  )
}
