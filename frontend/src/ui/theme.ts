import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  mergeThemeOverrides,
} from '@mantine/core'
import type { TFunction } from 'i18next'

const accent: MantineColorsTuple = [
  '#e9f1fa',
  '#d3e2f3',
  '#a6c5e8',
  '#75a5db',
  '#6ba6e8',
  '#2f74bf',
  '#1f5fa8',
  '#194f8d',
  '#134073',
  '#0c315a',
]

// From text to the deepest surface, as the dark tokens have it.
const dark: MantineColorsTuple = [
  '#e6e9ec',
  '#a4adb8',
  '#8b949e',
  '#57606a',
  '#3d454e',
  '#23282e',
  '#1c2025',
  '#16191d',
  '#101316',
  '#0c0f12',
]

// White words can be read on what is filled with it, in both themes.
const red: MantineColorsTuple = [
  '#fdecec',
  '#f9d2d3',
  '#f2a5a8',
  '#ea777b',
  '#e2565b',
  '#c8323a',
  '#c0262d',
  '#a11f26',
  '#83191e',
  '#651316',
]

/** Mantine drawn with our tokens: small radii, dense controls, one accent. */
const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  colors: { accent, dark, red },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: {
    xs: 'var(--text-xs)',
    sm: 'var(--text-sm)',
    md: 'var(--text-md)',
    lg: 'var(--text-lg)',
    xl: 'var(--text-xl)',
  },
  spacing: {
    xs: 'var(--space-half)',
    sm: 'var(--space-1)',
    md: 'var(--space-2)',
    lg: 'var(--space-3)',
    xl: 'var(--space-4)',
  },
  defaultRadius: 'var(--radius)',
  headings: {
    fontFamily: 'var(--font-sans)',
    fontWeight: '600',
    sizes: {
      h1: { fontSize: 'var(--text-2xl)', lineHeight: '1.3' },
      h2: { fontSize: 'var(--text-xl)', lineHeight: '1.35' },
      h3: { fontSize: 'var(--text-lg)', lineHeight: '1.4' },
      h4: { fontSize: 'var(--text-md)', lineHeight: '1.4' },
    },
  },
  components: {
    Button: { defaultProps: { size: 'sm' }, styles: { label: { fontWeight: 500 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'var(--radius-large)',
        overlayProps: { backgroundOpacity: 0.35 },
      },
      styles: { title: { fontSize: 'var(--text-lg)', fontWeight: 600 } },
    },
  },
})

/** The theme with the names of buttons that have none of their own, in the language of the page. */
export function themeWith(t: TFunction) {
  const defaultProps = { closeButtonProps: { 'aria-label': t('action.close') } }
  return mergeThemeOverrides(theme, {
    components: { Modal: { defaultProps }, Notification: { defaultProps } },
  })
}

/** Mantine's own surfaces and text follow the tokens in both schemes. */
export const resolveVariables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-soft)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-default': 'var(--surface-raised)',
    '--mantine-color-default-hover': 'var(--surface-hover)',
    '--mantine-color-placeholder': 'var(--ink-faint)',
    '--mantine-color-error': 'var(--status-failed)',
    '--mantine-color-anchor': 'var(--accent)',
  }
  return { variables: {}, light: shared, dark: shared }
}
