import { render, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { iconOf } from './icons'

const purpose = { title: 'Clean', icon: 'wand', order: 20 }

function drawing(name: string) {
  const Icon = iconOf({ icon: name, purpose })
  return render(<Icon />).container
}

describe('the icon of a node', () => {
  it('is any of Tabler’s, fetched when it does not come with the page', async () => {
    expect(drawing('scissors').querySelector('.tabler-icon-scissors')).not.toBeNull()
    const fetched = drawing('zodiac-leo')
    await waitFor(() => expect(fetched.querySelector('.tabler-icon-zodiac-leo path')).not.toBeNull())
  })

  it('is that of its purpose when it names none', () => {
    expect(drawing('box').querySelector('.tabler-icon-wand')).not.toBeNull()
  })

  it('stays a box when Tabler has no such icon', () => {
    expect(drawing('no-such-icon').querySelector('.tabler-icon-box')).not.toBeNull()
  })
})
