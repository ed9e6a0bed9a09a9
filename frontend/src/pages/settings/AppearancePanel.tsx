import { Button, SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, type Language, setLanguage } from '@/lib/i18n'
import { useTour } from '@/shell/tourState'
import { Panel } from '@/ui'
import styles from './Settings.module.css'

const SCHEMES = ['light', 'dark', 'auto'] as const

export function AppearancePanel() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const openTour = useTour((state) => state.open)
  return (
    <Panel>
      <div className={styles.choice}>
        <span id="theme-label">{t('theme.label')}</span>
        <SegmentedControl
          size="xs"
          aria-labelledby="theme-label"
          value={colorScheme}
          onChange={setColorScheme}
          data={SCHEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
        />
      </div>
      <div className={styles.choice}>
        <span id="language-label">{t('language.label')}</span>
        <SegmentedControl
          size="xs"
          aria-labelledby="language-label"
          value={i18n.language}
          onChange={(value) => void setLanguage(value as Language)}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        />
      </div>
      <div className={styles.choice}>
        <span>{t('home.tourTitle')}</span>
        <Button variant="default" size="xs" onClick={openTour}>
          {t('tour.replay')}
        </Button>
      </div>
    </Panel>
  )
}
