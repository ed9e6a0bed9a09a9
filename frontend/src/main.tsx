// In a layer of their own, so that our styles win in whatever order the files arrive.
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@/ui/tokens.css'
import '@/ui/messages.css'
import '@/ui/touch.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '@/App'
import { prepareLanguage } from '@/lib/i18n'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no element with id "root".')

await prepareLanguage()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
