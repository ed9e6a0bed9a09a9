import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { queryClient } from '@/api/queryClient'
import { Screens } from '@/routes'
import { resolveVariables, themeWith } from '@/ui/theme'

export function App() {
  const { t } = useTranslation()
  const theme = useMemo(() => themeWith(t), [t])
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" limit={4} />
      <QueryClientProvider client={queryClient}>
        <Screens />
      </QueryClientProvider>
    </MantineProvider>
  )
}
