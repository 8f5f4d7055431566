import { describe, expect, it } from 'vitest'
import { phone } from '../src/live/phone'
import { about } from '../src/live/story'
import { browserName } from '../src/live/user-agent'
import { call, party, who } from './made'

describe('a row', () => {
  it('is the same object as long as its call is', () => {
    const everyone = who()
    const one = call('a')
    expect(everyone.row(one)).toBe(everyone.row(one))
    expect(everyone.row({ ...one })).not.toBe(everyone.row(one))
  })

  it('names everyone in the call, and their departments once each', () => {
    const row = who().row(call('a', { parties: [party(1), party(2, 'left'), party(3), party(1)] }))
    expect(row.people.map((one) => one.name)).toEqual(['Anna Keller', 'Clara Novak', 'Anna Keller'])
    expect(row.departments.map((one) => one.name)).toEqual(['Sales', 'Support'])
  })

  it('knows an employee by the account where the id is not given, and shows a bare account as it is', () => {
    const unknown = { ...party(1), employee_id: null, account: '999' }
    const known = { ...party(1), employee_id: null, account: '103' }
    expect(
      who()
        .row(call('a', { parties: [unknown, known] }))
        .people.map((one) => [one.key, one.name]),
    ).toEqual([
      ['999', '999'],
      ['3', 'Clara Novak'],
    ])
  })

  it('does not count the client among the people, but counts an outside party', () => {
    const outside = (number: string) => ({ ...party(1), employee_id: null, account: null, number })
    const row = who().row(call('a', { parties: [outside('79161234567'), outside('79990001122')] }))
    expect(row.people.map((one) => one.name)).toEqual(['+7 999 000 11 22'])
  })

  it('gives a number of ours its label, however the PBX writes it', () => {
    for (const number of ['74951000001', '+74951000001', '84951000001'])
      expect(who().row(call('a', { business_number: number })).business).toMatchObject({
        label: 'Main line',
        source: 'Website',
        copy: '+74951000001',
      })
  })

  it('tells the way in the words of people', () => {
    const row = who().row(call('a', { route: ['Main menu', 'sales', '101', '79161234567'] }))
    expect(row.route).toBe('Working hours → Main menu → Sales line → Anna Keller → +7 916 123 45 67')
  })

  it('has no client where the number is hidden', () => {
    expect(who().row(call('a', { client_number: null, client_e164: null })).client).toBeUndefined()
  })
})

describe('phone numbers', () => {
  it.each([
    ['79161234567', 'RU', '+7 916 123 45 67', '+79161234567'],
    ['89161234567', 'RU', '+7 916 123 45 67', '+79161234567'],
    ['+48221234567', 'RU', '+48 22 123 45 67', '+48221234567'],
    ['0441234567', 'UA', '+380 44 123 4567', '+380441234567'],
    ['442071838750', 'GB', '+44 20 7183 8750', '+442071838750'],
    ['101', 'RU', '101', '101'],
    ['s', 'RU', 's', 's'],
    ['anonymous', 'RU', 'anonymous', 'anonymous'],
  ])('%s in %s is read %s and copied %s', (given, country, text, copy) => {
    expect(phone(given, country)).toMatchObject({ text, copy })
  })

  it('trusts the server’s E.164', () => {
    expect(phone('0012', 'RU', '+15551234567').copy).toBe('+15551234567')
  })
})

describe('a step of a story', () => {
  const step = (part: object) => ({
    at: 0,
    what: 'x',
    account: null,
    number: null,
    queue: null,
    detail: null,
    duration_s: null,
    ...part,
  })

  it('turns accounts, numbers and queues into what people call them', () => {
    expect(about(step({ what: 'blind_transfer', account: '101', detail: '103' }), who()).texts).toEqual([
      'Anna Keller',
      'Clara Novak',
    ])
    expect(about(step({ what: 'forwarded', account: '101', detail: '79161234567' }), who()).texts).toEqual([
      'Anna Keller',
      '+7 916 123 45 67',
    ])
    expect(about(step({ what: 'ivr', detail: 'Main menu' }), who()).texts).toEqual(['Main menu'])
  })

  it('keeps a queue’s outcome and place apart, for they have words', () => {
    expect(about(step({ what: 'queue_left', queue: 'sales', detail: 'abandoned' }), who())).toMatchObject({
      texts: ['Sales line'],
      outcome: 'abandoned',
    })
    expect(about(step({ what: 'queue_joined', queue: 'sales', detail: '3' }), who())).toMatchObject({
      texts: ['Sales line'],
      position: 3,
    })
  })
})

describe('a browser’s name', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
      'Edge, Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1',
      'Safari, iOS',
    ],
    ['curl/8.5', 'curl'],
  ])('%s', (agent, name) => expect(browserName(agent)).toBe(name))
  it('is unknown where nothing was said', () => expect(browserName(null)).toBeUndefined())
})
