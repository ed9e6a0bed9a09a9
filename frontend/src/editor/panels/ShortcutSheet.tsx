import { Kbd, Modal, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { SHORTCUTS, type Shortcut, shownKeys } from '../keys'
import { useUi, useUiStore } from '../store/UiContext'
import classes from './ShortcutSheet.module.css'

const GROUPS = ['edit', 'nodes', 'run', 'select', 'view', 'file'] as const

export function ShortcutSheet() {
  const { t } = useTranslation('editor')
  const isOpen = useUi((state) => state.sheet === 'shortcuts')
  const ui = useUiStore()
  const [query, setQuery] = useState('')
  const words = query.toLowerCase()
  const fits = (shortcut: Shortcut) =>
    t(`action.${shortcut.action}`).toLowerCase().includes(words) ||
    shortcut.keys.some((keys) => keys.includes(words))
  return (
    <Modal
      opened={isOpen}
      onClose={() => ui.getState().change({ sheet: null })}
      title={t('shortcuts.title')}
      size="xl"
    >
      <TextInput
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        placeholder={t('shortcuts.search')}
        aria-label={t('shortcuts.search')}
        leftSection={<IconSearch size={16} />}
        data-autofocus
      />
      <div className={classes.groups}>
        {GROUPS.map((group) => {
          const found = SHORTCUTS.filter((shortcut) => shortcut.group === group && fits(shortcut))
          if (found.length === 0) return null
          return (
            <section key={group} className={classes.group}>
              <h3>{t(`shortcuts.${group}`)}</h3>
              {found.map((shortcut) => (
                <div key={shortcut.action} className={classes.line}>
                  <span>{t(`action.${shortcut.action}`)}</span>
                  <Keys shortcut={shortcut} />
                </div>
              ))}
            </section>
          )
        })}
      </div>
    </Modal>
  )
}

function Keys({ shortcut }: { shortcut: Shortcut }) {
  const isMac = /mac/i.test(navigator.userAgent)
  return (
    <span className={classes.keys}>
      {shortcut.keys.map((keys) => (
        <span key={keys} className={classes.chord}>
          {shownKeys(keys, isMac).map((key) => (
            <Kbd key={key} size="xs">
              {key}
            </Kbd>
          ))}
        </span>
      ))}
    </span>
  )
}
