import { MantineProvider } from '@mantine/core'
import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Column } from '@/contracts'
import type { Params } from '@/editor/graph/types'
import { FormContext } from './FormContext'
import { ParamsForm } from './ParamsForm'
import { brief, fieldsOf, isShown, keyFields, kindOf, wordsOf } from './schema'

const SCHEMA = {
  properties: {
    strategy: { title: 'Strategy', enum: ['median', 'most_frequent', 'mean', 'constant'], type: 'string' },
    fill: {
      title: 'Fill with',
      type: 'number',
      minimum: 0,
      maximum: 10,
      'x-lepton': { showWhen: { strategy: ['constant'] } },
    },
    target: {
      title: 'Target',
      type: 'string',
      'x-lepton': { widget: 'column', of: 'table', types: ['number'] },
    },
    name: { title: 'Name', type: 'string', description: 'Shown in the report.' },
    flag: { title: 'Flag', type: 'boolean' },
    depth: { title: 'Depth', type: 'integer', 'x-lepton': { advanced: true, unit: 'levels' } },
    renames: {
      title: 'Renames',
      type: 'array',
      items: { type: 'object', properties: { column: { type: 'string', title: 'Column', default: '' } } },
      'x-lepton': { widget: 'rows', of: 'table' },
    },
  },
}
const DEFAULTS: Params = {
  strategy: 'median',
  fill: 0,
  target: '',
  name: '',
  flag: false,
  depth: 3,
  renames: [],
}

const column = (name: string, type: string) => ({ name, type, role: 'feature' }) as Column

function show(params: Params = {}, problems: Record<string, string> = {}) {
  const onChange = vi.fn()
  const world = {
    columnsAt: () => ({ columns: [column('price', 'number'), column('city', 'category')], isOpen: false }),
    datasets: [],
  }
  render(
    <MantineProvider env="test">
      <FormContext value={world}>
        <ParamsForm
          schema={SCHEMA}
          defaults={DEFAULTS}
          params={params}
          problems={problems}
          onChange={onChange}
        />
      </FormContext>
    </MantineProvider>,
  )
  return onChange
}

describe('reading a schema', () => {
  it('gives each shape its field', () => {
    expect(kindOf({ type: 'integer' })).toBe('number')
    expect(kindOf({ type: 'array', items: { enum: ['a'] } })).toBe('choices')
    expect(kindOf({ type: 'array', items: { type: 'string' } })).toBe('list')
    expect(kindOf({ type: 'array', items: { type: 'object' } })).toBe('rows')
    expect(kindOf({ type: 'string', 'x-lepton': { widget: 'dataset' } })).toBe('dataset')
    expect(fieldsOf({ properties: { a: { anyOf: [{ type: 'number' }, { type: 'null' }] } } })[0]?.kind).toBe(
      'number',
    )
  })

  it('shows a field only while what it depends on has a listed value', () => {
    const fields = fieldsOf(SCHEMA, DEFAULTS)
    const fill = fields[1]
    if (!fill) throw new Error('fixture')
    expect(isShown(fill, fields, {})).toBe(false)
    expect(isShown(fill, fields, { strategy: 'constant' })).toBe(true)
  })

  it('puts on the node what was set, then what says something', () => {
    const fields = fieldsOf(SCHEMA, DEFAULTS)
    expect(keyFields(fields, { name: 'x' }).map(({ name }) => name)).toEqual(['name', 'strategy'])
  })

  it('writes values as people read them', () => {
    expect(wordsOf('most_frequent')).toBe('Most frequent')
    expect(brief(['a', 'b', 'c'])).toBe('3')
  })
})

describe('the form', () => {
  it('commits text on Enter, once, and not while it is typed', async () => {
    const user = userEvent.setup()
    const onChange = show()
    await user.type(screen.getByLabelText('Name'), 'Houses')
    expect(onChange).not.toHaveBeenCalled()
    await user.keyboard('{Enter}')
    expect(onChange).toHaveBeenCalledTimes(1)
    expect(onChange).toHaveBeenCalledWith('name', 'Houses')
  })

  it('commits a number when the field is left', async () => {
    const user = userEvent.setup()
    const onChange = show({ strategy: 'constant' })
    const field = screen.getByLabelText('Fill with')
    await user.clear(field)
    await user.type(field, '7')
    fireEvent.blur(field)
    expect(onChange).toHaveBeenLastCalledWith('fill', 7)
  })

  it('says the range when a number is outside it', async () => {
    const user = userEvent.setup()
    show({ strategy: 'constant' })
    await user.clear(screen.getByLabelText('Fill with'))
    await user.type(screen.getByLabelText('Fill with'), '70')
    expect(screen.getByText('From 0 to 10')).toBeTruthy()
  })

  it('offers the columns that arrive, of the types that fit', async () => {
    const user = userEvent.setup()
    const onChange = show()
    await user.click(screen.getByRole('combobox', { name: 'Target' }))
    expect(screen.queryByText('city')).toBeNull()
    await user.click(screen.getByText('price'))
    expect(onChange).toHaveBeenCalledWith('target', 'price')
  })

  it('marks a changed value and takes it back to the default', async () => {
    const user = userEvent.setup()
    const onChange = show({ flag: true })
    await user.click(screen.getByRole('button', { name: 'Reset Flag' }))
    expect(onChange).toHaveBeenCalledWith('flag', undefined)
    expect(screen.queryByRole('button', { name: 'Reset Name' })).toBeNull()
  })

  it('puts what the server found on its field, and unfolds it when it was folded away', () => {
    show({}, { depth: 'At most 12 fit in memory.' })
    expect(screen.getByText('At most 12 fit in memory.')).toBeTruthy()
    expect(screen.getByRole('button', { name: /More settings/ }).getAttribute('aria-expanded')).toBe('true')
  })

  it('adds a line to a list of objects', async () => {
    const user = userEvent.setup()
    const onChange = show()
    await user.click(screen.getByRole('button', { name: 'Add row' }))
    expect(onChange).toHaveBeenCalledWith('renames', [{ column: '' }])
  })
})
