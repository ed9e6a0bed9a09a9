import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { LiveReleaseQuestion } from './LiveReleaseQuestion'

const VERDICT = {
  state: 'useful',
  measure: 'accuracy',
  score: 0.75,
  baseline: 0.5,
  message: 'Right in 75 of 100 rows.',
  message_id: null,
  message_params: {},
  caveats: [],
  decision: null,
}
const LIVE = {
  number: 3,
  version: 5,
  created_at: '2026-11-21T10:00:00Z',
  model: { metrics: { accuracy: 0.75 }, verdict: VERDICT },
}

function show() {
  const onAnswer = vi.fn()
  const next = { ...VERDICT, message: 'Right in 60 of 100 rows.' }
  render(
    <MantineProvider>
      <LiveReleaseQuestion
        endpoint={{ name: 'Churn' } as never}
        live={LIVE as never}
        verdict={next as never}
        onAnswer={onAnswer}
      />
    </MantineProvider>,
  )
  return onAnswer
}

it('what is live and what would come are shown before anything is replaced', async () => {
  const onAnswer = show()
  expect(screen.getByText(/release 3, version 5/)).toBeTruthy()
  expect(screen.getByText('Right in 75 of 100 rows.')).toBeTruthy()
  expect(screen.getByText('Right in 60 of 100 rows.')).toBeTruthy()
  expect(onAnswer).not.toHaveBeenCalled()
  await userEvent.click(screen.getByTestId('deploy-replace'))
  expect(onAnswer).toHaveBeenCalledWith(null)
})

it('a share of the requests can be asked for, and none where there is no share', async () => {
  const onAnswer = show()
  const share = screen.getByRole('textbox')
  await userEvent.clear(share)
  expect((screen.getByTestId('deploy-canary') as HTMLButtonElement).disabled).toBe(true)
  await userEvent.type(share, '25')
  await userEvent.click(screen.getByTestId('deploy-canary'))
  expect(onAnswer).toHaveBeenCalledWith(25)
})
