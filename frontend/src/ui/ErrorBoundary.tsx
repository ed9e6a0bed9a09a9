import { Button } from '@mantine/core'
import { IconBug } from '@tabler/icons-react'
import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from './CodeBlock'
import { EmptyState } from './EmptyState'

/** What a screen shows in place of itself when its code failed. The trace is folded away. */
export function Broken({ error }: { error: Error }) {
  const { t } = useTranslation()
  return (
    <EmptyState
      icon={IconBug}
      title={t('error.broken')}
      action={<Button onClick={() => window.location.reload()}>{t('action.reload')}</Button>}
    >
      <p>{t('error.brokenHint')}</p>
      <details>
        <summary>{t('error.details')}</summary>
        <CodeBlock code={error.stack ?? error.message} />
      </details>
    </EmptyState>
  )
}

/** Keeps a failure inside one part of the page. A new `resetKey` (the address) gives it another chance. */
export class ErrorBoundary extends Component<
  { children: ReactNode; resetKey: string },
  { error: Error | null }
> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override componentDidUpdate(previous: { resetKey: string }) {
    if (this.state.error && previous.resetKey !== this.props.resetKey) this.setState({ error: null })
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children
  }
}
