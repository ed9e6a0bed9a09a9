import i18next, { type Resource } from 'i18next'
import { initReactI18next } from 'react-i18next'

/** Languages of the page, each named in itself. */
export const LANGUAGES = { en: 'English', zh: '简体中文' } as const
export type Language = keyof typeof LANGUAGES

const STORAGE_KEY = 'lepton.language'

type Catalogue = { default: Record<string, unknown> }

// English is the fallback of every sentence and comes with the page; other languages come when chosen.
const english = import.meta.glob<Catalogue>('../locales/en/*.json', { eager: true })
const others = import.meta.glob<Catalogue>(['../locales/*/*.json', '!../locales/en/*.json'])

function namespaceOf(path: string): string {
  return path.replace(/^.*\/(.+)\.json$/, '$1')
}

function isLanguage(value: string | null): value is Language {
  return value !== null && value in LANGUAGES
}

function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORAGE_KEY)
  if (isLanguage(stored)) return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

async function load(language: Language): Promise<void> {
  const wanted = Object.entries(others).filter(([path]) => path.includes(`/locales/${language}/`))
  await Promise.all(
    wanted.map(async ([path, read]) => {
      const catalogue = await read()
      i18next.addResourceBundle(language, namespaceOf(path), catalogue.default)
    }),
  )
}

/** Switches the page to a language and remembers it on this device. */
export async function setLanguage(language: Language): Promise<void> {
  await load(language)
  localStorage.setItem(STORAGE_KEY, language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  await i18next.changeLanguage(language)
}

const resources: Resource = {
  en: Object.fromEntries(Object.entries(english).map(([path, read]) => [namespaceOf(path), read.default])),
}

void i18next.use(initReactI18next).init({
  resources,
  lng: 'en',
  fallbackLng: 'en',
  defaultNS: 'common',
  ns: Object.keys(resources['en'] ?? {}),
  partialBundledLanguages: true,
  showSupportNotice: false,
  interpolation: { escapeValue: false },
  react: { useSuspense: false },
})

/** Resolves when the preferred language is on the page; call it before the first render. */
export async function prepareLanguage(): Promise<void> {
  const language = preferredLanguage()
  if (language !== 'en') await setLanguage(language)
  else document.documentElement.lang = 'en'
}

export { i18next }
