// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClipboardGestures } from './clipboardGestures'

function setUp(selected: string | null = 'graph') {
  const work = {
    selected: vi.fn(() => selected),
    removeSelected: vi.fn(),
    paste: vi.fn(),
    refused: vi.fn(),
  }
  return { work, ...createClipboardGestures(work) }
}

function event(type: string, text = '') {
  const data = new Map([['text/plain', text]])
  const clipboardData = {
    getData: (kind: string) => data.get(kind) ?? '',
    setData: (kind: string, value: string) => void data.set(kind, value),
  }
  return { data, event: Object.assign(new Event(type, { cancelable: true }), { clipboardData }) as never }
}

describe('copying and pasting with keys', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('goes by the events of the browser and asks for no permission', () => {
    const { work, begin, onEvent } = setUp()
    const copy = event('copy')
    begin('copy')
    onEvent(copy.event)
    expect(copy.data.get('text/plain')).toBe('graph')
    begin('pasteConnected')
    onEvent(event('paste', 'another').event)
    expect(work.paste).toHaveBeenCalledExactlyOnceWith('another', true)
    vi.runAllTimers()
    expect(work.paste).toHaveBeenCalledTimes(1)
  })

  it('removes what is cut, and nothing where nothing is chosen', () => {
    const { work, begin, onEvent } = setUp()
    begin('cut')
    onEvent(event('cut').event)
    expect(work.removeSelected).toHaveBeenCalledTimes(1)
    const none = setUp(null)
    none.begin('cut')
    none.onEvent(event('cut').event)
    expect(none.work.removeSelected).not.toHaveBeenCalled()
  })

  it('leaves an event alone that no key began', () => {
    const { work, onEvent } = setUp()
    onEvent(event('paste', 'graph').event)
    expect(work.paste).not.toHaveBeenCalled()
  })

  it('pastes what was copied in this tab where the browser gives no clipboard at all', async () => {
    vi.stubGlobal('navigator', {})
    const { work, begin } = setUp('mine')
    begin('copy')
    await vi.runAllTimersAsync()
    begin('paste')
    await vi.runAllTimersAsync()
    expect(work.paste).toHaveBeenCalledExactlyOnceWith('mine', false)
    expect(work.refused).not.toHaveBeenCalled()
  })
})
