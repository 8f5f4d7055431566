import { describe, expect, it } from 'vitest'
import { phone } from '../src/live/phone'

const KEY = '~Kx3f-9_abcdefghijklmnopqrstuvwx'

describe('a masked number', () => {
  it('is grouped like a whole one, with the beginning of its key, and is not to be copied', () => {
    const read = phone('600*****7', 'PL', `+48600*****7${KEY}`)
    expect(read.text).toBe('+48 600 ••• ••7 ~Kx3f')
    expect(read.copy).toBe('')
    expect(read.digits).toBe('486007')
  })

  it('shows stars without a key too, in any form', () => {
    expect(phone('600*****7', 'PL').text).toBe('600•••••7')
    expect(phone(`+48600*****7${KEY}`, null).text).toBe('+48 600 ••• ••7 ~Kx3f')
  })

  it('is no whole number, no feature code, and no name', () => {
    expect(phone('*97', 'PL').copy).toBe('*97')
    expect(phone('+48600100207', 'PL').copy).toBe('+48600100207')
  })
})
