import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Endpoint } from '@/contracts'
import { type CodeLanguage, exampleCode, LANGUAGES_OF_CODE } from '@/lib/examples'
import { CodeBlock } from '@/ui'
import styles from './EndpointPage.module.css'

const NAMES: Record<CodeLanguage, string> = {
  curl: 'curl',
  python: 'Python',
  javascript: 'JavaScript',
  r: 'R',
  excel: 'Excel',
}

/** Code that can be pasted as it is; the key stands in it for as long as it can be seen. */
export function Code({ endpoint, apiKey }: { endpoint: Endpoint; apiKey: string | null }) {
  const { t } = useTranslation()
  const [language, setLanguage] = useState<CodeLanguage>('curl')
  const code = exampleCode(language, {
    url: endpoint.url,
    row: endpoint.release?.example ?? {},
    key: apiKey ?? t('endpoint.yourKey'),
  })
  return (
    <>
      <SegmentedControl
        size="xs"
        value={language}
        onChange={setLanguage}
        data={LANGUAGES_OF_CODE.map((value) => ({ value, label: NAMES[value] }))}
      />
      {language === 'excel' ? <p className={styles.hint}>{t('endpoint.excelHint')}</p> : null}
      <CodeBlock code={code} label={NAMES[language]} />
    </>
  )
}
