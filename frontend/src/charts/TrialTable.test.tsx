import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { fieldsOf } from '@/form/schema'
import { TrialTable } from './TrialTable'

const TRIAL = {
  number: 0,
  params: { max_depth: 4, kind: 'extra', balance_classes: true, unheard_of: 'x' },
  value: 0.5,
  state: 'done',
  seconds: 1,
  is_best: true,
}

it('names parameters and choices as the form of the model does', () => {
  const fields = fieldsOf({
    properties: {
      max_depth: { type: 'integer', title: '最大深度' },
      kind: {
        type: 'string',
        enum: ['forest', 'extra'],
        title: '种类',
        'x-lepton': { labels: { extra: '极端随机树' } },
      },
      balance_classes: { type: 'boolean', title: '平衡类别' },
    },
  })
  render(<TrialTable trials={[TRIAL]} metric="" fields={fields} />)
  const headers = screen.getAllByRole('columnheader').map(({ textContent }) => textContent)
  expect(headers).toEqual(expect.arrayContaining(['最大深度', '种类', '平衡类别', 'unheard_of']))
  const cells = screen.getAllByRole('cell').map(({ textContent }) => textContent)
  expect(cells).toEqual(expect.arrayContaining(['4', '极端随机树', 'Yes', 'x']))
})
