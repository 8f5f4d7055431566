import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ControlLine, LINE_CLOSE, type LineEvents } from '../src/live/audio/line'

class FakeSocket {
  static readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  binaryType = ''
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  sent: unknown[] = []
  closed = false
  constructor(readonly url: string) {
    sockets.push(this)
  }
  send(data: string) {
    this.sent.push(JSON.parse(data))
  }
  close() {
    this.closed = true
  }
  says(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  ends(code: number) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

let sockets: FakeSocket[]
let events: { [name in keyof LineEvents]: ReturnType<typeof vi.fn> }
let line: ControlLine

const last = () => sockets[sockets.length - 1] as FakeSocket
const state = { type: 'supervision', supervision: { id: 's', mode: 'listen' } }

beforeEach(() => {
  sockets = []
  events = { supervision: vi.fn(), refused: vi.fn(), held: vi.fn(), closed: vi.fn(), microphoneLost: vi.fn() }
  vi.stubGlobal('WebSocket', FakeSocket)
  line = new ControlLine(events as unknown as LineEvents)
})
afterEach(() => vi.unstubAllGlobals())

/** Connected, and told the state. */
async function open(): Promise<FakeSocket> {
  const connected = line.connect('ws://here/line?token=t')
  last().says(state)
  await connected
  return last()
}

describe('a line', () => {
  it('is open once the server has told the state', async () => {
    let opened = false
    const connected = line.connect('ws://here/line?token=t').then(() => (opened = true))
    await Promise.resolve()
    expect(opened).toBe(false)
    last().says(state)
    await connected
    expect(events.supervision).toHaveBeenCalledWith(state.supervision)
  })

  it('that is refused rejects, and tells nobody that it closed', async () => {
    const connected = line.connect('ws://here/line?token=t')
    last().ends(LINE_CLOSE.tokenRefused)
    await expect(connected).rejects.toThrow('4402')
    expect(events.closed).not.toHaveBeenCalled()
  })

  it.each([
    [LINE_CLOSE.over, 'over'],
    [LINE_CLOSE.replaced, 'replaced'],
    [LINE_CLOSE.revoked, 'lost'],
    [LINE_CLOSE.tooSlow, 'lost'],
    [1006, 'lost'],
    [1012, 'lost'],
  ])('closed with %i is %s', async (code, why) => {
    ;(await open()).ends(code)
    expect(events.closed).toHaveBeenCalledExactlyOnceWith(why)
  })

  it('carries commands, and says why one was not carried out', async () => {
    const socket = await open()
    line.setMode('join')
    line.setMuted(true)
    line.leave()
    expect(socket.sent).toEqual([{ type: 'mode', mode: 'join' }, { type: 'mute', muted: true }, { type: 'leave' }])
    socket.says({ type: 'refused', command: 'mode', error_id: 'forbidden', message: 'No.' })
    expect(events.refused).toHaveBeenCalledWith('No.', 'forbidden')
  })

  it('that has gone takes no command, and fails for none', async () => {
    const socket = await open()
    socket.ends(1006)
    line.setMode('join')
    expect(socket.sent).toEqual([])
  })

  it('that is closed says nothing of it, and can be opened again', async () => {
    const socket = await open()
    line.close()
    expect(socket.closed).toBe(true)
    expect(socket.onclose).toBeNull()
    await open()
    expect(sockets).toHaveLength(2)
    expect(events.closed).not.toHaveBeenCalled()
  })

  it('that is opened again leaves the one before', async () => {
    const socket = await open()
    await open()
    expect(socket.closed).toBe(true)
    line.setMuted(false)
    expect(last().sent).toEqual([{ type: 'mute', muted: false }])
  })
})
