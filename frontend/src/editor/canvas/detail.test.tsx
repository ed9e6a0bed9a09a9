import { act, render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { createDetail, DetailContext, useIsFull } from './detail'

const drawn: string[] = []

function One({ id }: { id: string }) {
  drawn.push(id)
  return <span data-testid={id}>{useIsFull(id) ? 'full' : 'block'}</span>
}

function page(detail: ReturnType<typeof createDetail>) {
  return render(
    <DetailContext value={detail}>
      <One id="a" />
      <One id="b" />
    </DetailContext>,
  )
}

describe('how much of a node is drawn', () => {
  it('changes for the node that is named, and draws no other anew', () => {
    const detail = createDetail(false)
    page(detail)
    drawn.length = 0
    act(() => detail.show(['a']))
    expect(screen.getByTestId('a').textContent).toBe('full')
    expect(screen.getByTestId('b').textContent).toBe('block')
    expect(drawn).toEqual(['a'])
    act(() => detail.hide(['a']))
    expect(screen.getByTestId('a').textContent).toBe('block')
  })

  it('is all of it in a graph of few nodes', () => {
    const detail = createDetail(true)
    page(detail)
    expect(screen.getByTestId('b').textContent).toBe('full')
    act(() => detail.showAll(false))
    expect(screen.getByTestId('b').textContent).toBe('block')
  })
})
