import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  CLOSE,
  Connection,
  SILENCE_MS,
  type ConnectionStatus,
  type Position,
  type Socket,
} from '../src/live/connection'

class FakeSocket implements Socket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  closed = false
  constructor(readonly url: string) {}
  send() {}
  close() {
    this.closed = true
  }
  /** What the server does. */
  opens() {
    this.onopen?.()
  }
  says(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  closes(code: number) {
    this.onclose?.({ code })
  }
}

const beat = { type: 'heartbeat', epoch: 'e', sequence: 7, server_time: 1 }

let sockets: FakeSocket[]
let statuses: ConnectionStatus[]
let frames: unknown[]
let position: Position | undefined
let probed: 'fine' | 'ended' | 'unreachable'
let chance: number
let connection: Connection

const last = () => sockets[sockets.length - 1] as FakeSocket
const status = () => statuses[statuses.length - 1]

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  sockets = []
  statuses = []
  frames = []
  position = undefined
  probed = 'unreachable'
  chance = 1
  connection = new Connection(
    'ws://here/stream',
    { frame: (frame) => frames.push(frame), status: (one) => statuses.push(one), position: () => position },
    {
      open: (url) => {
        const socket = new FakeSocket(url)
        sockets.push(socket)
        return socket
      },
      probe: async () => probed,
      now: () => Date.now(),
      random: () => chance,
    },
  )
  connection.start()
})

afterEach(() => {
  connection.stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function live() {
  last().opens()
  last().says(beat)
  position = { epoch: 'e', sequence: 7 }
}

describe('the connection', () => {
  it('is open once the first frame has come, not before', () => {
    last().opens()
    expect(status()).toEqual({ kind: 'connecting' })
    last().says(beat)
    expect(status()).toEqual({ kind: 'open' })
    expect(frames).toEqual([beat])
  })

  it('comes back by itself and resumes from where it was', () => {
    live()
    last().closes(1006)
    expect(status()).toEqual({ kind: 'lost', since: 1_000_000, attempts: 1 })
    vi.advanceTimersByTime(400)
    expect(last().url).toBe('ws://here/stream?epoch=e&sequence=7')
    live()
    expect(status()).toEqual({ kind: 'open' })
  })

  it('waits longer each time, up to a bound, never all at the same instant, and remembers since when it is lost', () => {
    live()
    const waits: number[] = []
    for (let n = 0; n < 17; n += 1) {
      const before = Date.now()
      const opened = sockets.length
      last().opens()
      last().closes(1006)
      while (sockets.length === opened) vi.advanceTimersToNextTimer()
      waits.push(Date.now() - before)
    }
    expect(waits.slice(0, 3)).toEqual([400, 800, 1000])
    expect(
      waits.slice(2, 11).every((wait) => wait === 1000),
      'a server that restarts is back soon',
    ).toBe(true)
    expect(waits.slice(12)).toEqual([15000, 15000, 15000, 15000, 15000])
    expect(status()).toMatchObject({ since: 1_000_000, attempts: 17 })
    chance = 0
    const before = Date.now()
    const opened = sockets.length
    last().opens()
    last().closes(1006)
    while (sockets.length === opened) vi.advanceTimersToNextTimer()
    expect(Date.now() - before).toBe(7500)
  })

  it('finds after a sleep that the connection is gone, and does not wait for timers that slept too', () => {
    live()
    connection.check()
    expect(sockets).toHaveLength(1)
    vi.setSystemTime(Date.now() + 3_600_000)
    connection.check()
    expect(status()).toMatchObject({ kind: 'lost', since: 1_000_000 })
    expect(sockets).toHaveLength(2)
    expect(last().url).toBe('ws://here/stream?epoch=e&sequence=7')
    live()
    expect(status()).toEqual({ kind: 'open' })
  })

  it('begins the waits anew after a good connection', () => {
    live()
    for (const n of [1, 2, 3]) {
      last().opens()
      last().closes(1006)
      expect(status()).toMatchObject({ attempts: n })
      vi.advanceTimersByTime(15_000)
    }
    live()
    last().closes(1006)
    expect(status()).toMatchObject({ attempts: 1 })
  })

  it('takes silence for a dead way', () => {
    live()
    vi.advanceTimersByTime(SILENCE_MS - 1)
    expect(status()).toEqual({ kind: 'open' })
    const silent = last()
    vi.advanceTimersByTime(1)
    expect(silent.closed).toBe(true)
    expect(status()).toMatchObject({ kind: 'lost' })
  })

  it('hears a pong as a sign of life and as nothing else', () => {
    live()
    vi.advanceTimersByTime(SILENCE_MS - 1)
    last().says({ type: 'pong', server_time: 1 })
    vi.advanceTimersByTime(SILENCE_MS - 1)
    expect(status()).toEqual({ kind: 'open' })
    expect(frames).toHaveLength(1)
  })

  it.each([
    [CLOSE.unauthenticated, 'ended'],
    [CLOSE.revoked, 'ended'],
    [CLOSE.forbidden, 'forbidden'],
    [CLOSE.noSuchProject, 'missing'],
  ])('is over for good at close code %i', (code, why) => {
    live()
    last().closes(code)
    expect(status()).toEqual({ kind: 'closed', why })
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
  })

  it('asks for a snapshot after being too slow', () => {
    live()
    last().closes(CLOSE.tooSlow)
    vi.advanceTimersByTime(400)
    expect(last().url).toBe('ws://here/stream')
  })

  it('asks for a snapshot, at once, when what came does not follow', () => {
    live()
    const old = last()
    connection.restart()
    expect(old.closed).toBe(true)
    expect(last().url).toBe('ws://here/stream')
    last().opens()
    expect(status()).toEqual({ kind: 'open' })
  })

  it.each(['{', '[]', 'null', '{"type":"delta"}', '{"type":"other","epoch":"e","sequence":1}'])(
    'begins again at something that is no frame: %s',
    (text) => {
      live()
      last().onmessage?.({ data: text })
      expect(sockets).toHaveLength(2)
      expect(frames).toHaveLength(1)
    },
  )

  it('asks the API why a handshake failed: an ended session ends it, a dead network does not', async () => {
    probed = 'ended'
    last().closes(1006)
    expect(status()).toMatchObject({ kind: 'lost' })
    await vi.advanceTimersByTimeAsync(0)
    expect(status()).toEqual({ kind: 'closed', why: 'ended' })
  })

  it('keeps trying where nobody answers at all', async () => {
    last().closes(1006)
    await vi.advanceTimersByTimeAsync(400)
    expect(sockets).toHaveLength(2)
  })

  it('does not wait when it is told to hurry, and does nothing where all is well', () => {
    live()
    connection.hurry()
    expect(sockets).toHaveLength(1)
    last().closes(1006)
    connection.hurry()
    expect(sockets).toHaveLength(2)
    vi.advanceTimersByTime(1000)
    expect(sockets).toHaveLength(2)
  })

  it('leaves nothing behind when stopped', () => {
    live()
    connection.stop()
    expect(last().closed).toBe(true)
    vi.advanceTimersByTime(120_000)
    expect(sockets).toHaveLength(1)
  })
})
