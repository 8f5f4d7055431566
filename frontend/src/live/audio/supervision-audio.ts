/** A supervision's line with its sound: what a session in the browser is made of. */
import type { LiveSupervision, Mode } from '../supervisions'
import { Engine } from './engine'
import { encode, FRAME_MS } from './frames'
import type { Quality } from './playback'
import { ControlLine, type Levels, type LineEvents, type SoundLine } from './line'

/** What may wait to be sent: beyond 100 ms of it, what is said now would come too late. */
const WAITING_MS = 100

/**
 * To be made by a click: browsers let a page play sound then. `close` ends everything; `connect` may be called again
 * after a line was lost, and sound and microphone go on.
 */
export class SupervisionAudio extends ControlLine implements SoundLine {
  readonly #engine: Engine
  #sequence = 0
  #silenced = false
  #muted = true
  #mode: Mode = 'listen'

  constructor(events: LineEvents) {
    super({
      ...events,
      supervision: (supervision) => {
        this.#take(supervision)
        events.supervision(supervision)
      },
    })
    this.#engine = new Engine(
      (held) => events.held(held),
      (samples, rate) => this.#say(samples, rate),
      () => events.microphoneLost?.(),
    )
  }

  /** At once, whatever the server answers: who mutes themself is heard no more. Unmuted is who the server says is. */
  override setMuted = (muted: boolean): void => {
    this.#silenced = muted
    this.sendCommand({ type: 'mute', muted })
  }

  openMicrophone(): Promise<void> {
    return this.#engine.openMicrophone()
  }

  resume(): void {
    this.#engine.resume()
  }

  setVolume(volume: number): void {
    this.#engine.setVolume(volume)
  }

  levels(): Levels {
    return this.#engine.levels()
  }

  /** How well what is heard comes; for whoever looks into a complaint. */
  get quality(): Quality | undefined {
    return this.#engine.quality
  }

  override close(): void {
    super.close()
    this.#engine.close()
  }

  protected override takeSound(frame: ArrayBuffer): void {
    this.#engine.take(frame)
  }

  #take({ mode, muted }: LiveSupervision): void {
    this.#mode = mode
    this.#muted = muted
  }

  #say(samples: Float32Array, rate: number): void {
    const { waiting } = this
    if (this.#silenced || this.#muted || this.#mode === 'listen' || waiting === undefined) return
    const frame = encode(this.#sequence++, rate, samples)
    if (waiting <= (frame.length * WAITING_MS) / FRAME_MS) this.sendSound(frame)
  }
}
