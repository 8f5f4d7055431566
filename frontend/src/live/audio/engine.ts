/** The page's sound: one audio context, what is heard in it, and a microphone while there is one. */
import { decode, type Frame } from './frames'
import { Meter } from './meter'
import { Microphone } from './microphone'
import type { Quality } from './playback'
// Bundled into a file of its own, which the server's content security policy lets the audio thread load.
import worklet from './worklet.ts?worker&url'

export class Engine {
  /** Of the last second; none before the first. */
  quality: Quality | undefined
  readonly #context: AudioContext
  readonly #volume: GainNode
  #ready: Promise<void>
  readonly #meters = { call: new Meter(), employee: new Meter(), client: new Meter(), you: new Meter() }
  readonly #watch: () => void
  #heard: MessagePort | undefined
  #early: Frame[] = []
  #apart = false
  #rate: number | undefined
  #microphone: Microphone | undefined
  #failed = false
  #closed = false

  constructor(
    private readonly held: (held: boolean) => void,
    /** 20 ms of the microphone, at the call's rate. */
    private readonly said: (samples: Float32Array, rate: number) => void,
    private readonly microphoneLost: () => void,
  ) {
    this.#context = new AudioContext({ latencyHint: 'interactive' })
    this.#volume = new GainNode(this.#context)
    this.#volume.connect(this.#context.destination)
    this.#watch = () => this.#tellHeld()
    this.#context.addEventListener('statechange', this.#watch)
    this.#ready = this.#prepare()
    this.resume()
  }

  /** To be called by a click, where the browser holds sound back. */
  resume(): void {
    if (this.#closed) return
    // Its file may not have come: the network, or a newer version of the page.
    this.#ready = this.#ready.catch(() => this.#prepare())
    void this.#ready
      .then(
        () => (this.#failed = false),
        () => (this.#failed = true),
      )
      .then(this.#watch)
    // It stays pending for as long as the browser wants a click first.
    void this.#context.resume().then(this.#watch, this.#watch)
    setTimeout(this.#watch, 200)
  }

  get rate(): number | undefined {
    return this.#rate
  }

  take(data: ArrayBuffer): void {
    const frame = decode(data)
    if (!frame || this.#closed) return
    const now = performance.now()
    this.#rate = frame.rate
    this.#apart = frame.sides.length === 2
    const { call, employee, client } = this.#meters
    frame.sides.forEach((side, which) => (this.#apart ? (which ? client : employee) : call).take(side, now))
    if (this.#heard) this.#push(frame)
    else this.#early = [...this.#early.slice(-5), frame]
  }

  setVolume(volume: number): void {
    this.#volume.gain.setTargetAtTime(Math.max(0, Math.min(1, volume)), this.#context.currentTime, 0.015)
  }

  levels(): { call: number; you: number; employee?: number; client?: number } {
    const now = performance.now()
    const { call, employee, client, you } = this.#meters
    if (!this.#apart) return { call: call.read(now), you: you.read(now) }
    const sides = { employee: employee.read(now), client: client.read(now) }
    return { call: Math.max(sides.employee, sides.client), you: you.read(now), ...sides }
  }

  /** @throws MicError */
  async openMicrophone(): Promise<void> {
    if (this.#microphone || this.#closed) return
    const microphone = new Microphone(this.#context, {
      // The call's own rate, once it is known; calls begin at 8 kHz.
      rate: () => this.#rate ?? 8000,
      said: (samples, rate) => {
        this.#meters.you.take(samples, performance.now())
        this.said(samples, rate)
      },
      lost: () => {
        this.#microphone = undefined
        this.microphoneLost()
      },
    })
    this.#microphone = microphone
    try {
      await microphone.open(this.#ready)
    } catch (error) {
      this.#microphone = undefined
      throw error
    }
    if (this.#closed) microphone.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#context.removeEventListener('statechange', this.#watch)
    this.#microphone?.close()
    this.#heard?.postMessage('over')
    void this.#context.close()
  }

  async #prepare(): Promise<void> {
    await this.#context.audioWorklet.addModule(worklet)
    if (this.#closed) return
    const node = new AudioWorkletNode(this.#context, 'callfloor-heard', { numberOfInputs: 0, outputChannelCount: [1] })
    node.connect(this.#volume)
    node.port.onmessage = ({ data }: MessageEvent<Quality>) => (this.quality = data)
    this.#heard = node.port
    for (const frame of this.#early) this.#push(frame)
    this.#early = []
  }

  #push(frame: Frame): void {
    this.#heard?.postMessage(
      frame,
      frame.sides.map((side) => side.buffer),
    )
  }

  #tellHeld(): void {
    if (!this.#closed) this.held(this.#context.state !== 'running' || this.#failed)
  }
}
