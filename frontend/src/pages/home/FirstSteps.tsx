import { Menu, UnstyledButton } from '@mantine/core'
import { type Icon, IconFileUpload, IconRoute2, IconTable, IconTemplate } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/api/session'
import { inWords, useTemplates } from '@/api/templates'
import { formatBytes } from '@/lib/format'
import { useTour } from '@/shell/tourState'
import { ErrorNotice, FilePicker } from '@/ui'
import { ACCEPTED } from '../data/accepted'
import { useUpload } from '../data/useUpload'
import { useOpenNewGraph } from '../graphs/useOpenNewGraph'
import styles from './FirstSteps.module.css'
import { useSamples } from './useSamples'

type OfferProps = ComponentPropsWithRef<'button'> & { icon: Icon; title: string; text: string }

// The menu that an offer may open hands it its own class name among other things.
function Offer({ icon: OfferIcon, title, text, className, ...others }: OfferProps) {
  return (
    <UnstyledButton className={`${styles.offer} ${className ?? ''}`} {...others}>
      <OfferIcon size={20} stroke={1.6} aria-hidden className={styles.icon} />
      <span className={styles.offerTitle}>{title}</span>
      <span className={styles.offerText}>{text}</span>
    </UnstyledButton>
  )
}

function SampleOffer() {
  const { t } = useTranslation()
  const samples = useSamples()
  const newGraph = useOpenNewGraph()
  return (
    <Menu position="bottom-start" width="target">
      <Menu.Target>
        <Offer icon={IconTable} title={t('home.sampleTitle')} text={t('home.sampleText')} />
      </Menu.Target>
      <Menu.Dropdown>
        {samples.map((sample) => (
          <Menu.Item
            key={sample.name}
            disabled={newGraph.isPending}
            onClick={() => newGraph.mutate({ name: sample.title, document: sample.document })}
          >
            {sample.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function TemplateOffer() {
  const { t } = useTranslation()
  const templates = useTemplates()
  const newGraph = useOpenNewGraph()
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Offer icon={IconTemplate} title={t('home.templateTitle')} text={t('home.templateText')} />
      </Menu.Target>
      <Menu.Dropdown>
        {templates.data?.map(inWords).map(({ slug, title, description }) => (
          <Menu.Item
            key={slug}
            disabled={newGraph.isPending}
            onClick={() => newGraph.mutate({ name: title, template: slug })}
          >
            {title}
            <span className={styles.menuNote}>{description}</span>
          </Menu.Item>
        ))}
        {templates.error ? <ErrorNotice error={templates.error} /> : null}
      </Menu.Dropdown>
    </Menu>
  )
}

/** An empty workspace: a file, sample data, a template or a tour. */
export function FirstSteps() {
  const { t } = useTranslation()
  const upload = useUpload()
  const limit = useSession().data?.limits.upload_bytes
  const openTour = useTour((state) => state.open)
  return (
    <div className={styles.frame}>
      <div className={styles.box}>
        <h1 className={styles.title}>{t('home.emptyTitle')}</h1>
        <p className={styles.text}>{t('home.emptyText')}</p>
        <FilePicker accept={ACCEPTED} onFiles={upload}>
          {(open) => (
            <UnstyledButton className={styles.drop} onClick={open}>
              <IconFileUpload size={28} stroke={1.5} aria-hidden className={styles.icon} />
              <span className={styles.offerTitle}>{t('home.dropTitle')}</span>
              <span className={styles.offerText}>
                {t('home.dropText', { size: limit === undefined ? '' : formatBytes(limit) })}
              </span>
            </UnstyledButton>
          )}
        </FilePicker>
        <div className={styles.offers}>
          <SampleOffer />
          <TemplateOffer />
          <Offer icon={IconRoute2} title={t('home.tourTitle')} text={t('home.tourText')} onClick={openTour} />
        </div>
      </div>
    </div>
  )
}
