/** The page's sound: one audio context, what is heard in it, and a microphone while there is one. */
import { decode, type Frame } from './frames'
import { Meter } from './meter'
import { Microphone } from './microphone'
import { Playback, type Quality } from './playback'
// Bundled into a file of its own, which the server's content security policy lets the audio thread load.
import worklet from './worklet.ts?worker&url'

/** What a `ScriptProcessor` takes at once, in samples: 21 ms, for pages that are no secure context. */
const UNSAFE_BLOCK = 1024

export class Engine {
  /** Of the last second; none where there is no audio thread. */
  quality: Quality | undefined
  readonly #context: AudioContext
  readonly #volume: GainNode
  readonly #ready: Promise<void>
  readonly #meters = { call: new Meter(), employee: new Meter(), client: new Meter(), you: new Meter() }
  readonly #watch: () => void
  #heard: { push: (frame: Frame) => void; end: () => void } | undefined
  #early: Frame[] = []
  #apart = false
  #rate: number | undefined
  #microphone: Microphone | undefined
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
    if (this.#heard) this.#heard.push(frame)
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
    this.#heard?.end()
    void this.#context.close()
  }

  async #prepare(): Promise<void> {
    // An audio thread is for secure contexts alone; a page by plain http can still listen.
    const thread = await this.#audioThread()
    if (this.#closed) return
    if (!thread) this.#heard = this.#onThisThread()
    else {
      const node = new AudioWorkletNode(this.#context, 'callfloor-heard', {
        numberOfInputs: 0,
        outputChannelCount: [1],
      })
      node.connect(this.#volume)
      node.port.onmessage = ({ data }: MessageEvent<Quality>) => (this.quality = data)
      this.#heard = {
        push: (frame) =>
          node.port.postMessage(
            frame,
            frame.sides.map((side) => side.buffer),
          ),
        end: () => node.port.postMessage('over'),
      }
    }
    for (const frame of this.#early) this.#heard.push(frame)
    this.#early = []
  }

  /** Whether there is one. Its module does not come where the page went on meanwhile, or a proxy keeps it back. */
  async #audioThread(): Promise<boolean> {
    try {
      await this.#context.audioWorklet?.addModule(worklet)
      return !!this.#context.audioWorklet
    } catch {
      return false
    }
  }

  #onThisThread(): { push: (frame: Frame) => void; end: () => void } {
    const playback = new Playback(this.#context.sampleRate)
    const node = this.#context.createScriptProcessor(UNSAFE_BLOCK, 0, 1)
    node.onaudioprocess = ({ outputBuffer }) => playback.render(outputBuffer.getChannelData(0))
    node.connect(this.#volume)
    return { push: (frame) => playback.push(frame), end: () => node.disconnect() }
  }

  #tellHeld(): void {
    if (!this.#closed) this.held(this.#context.state !== 'running')
  }
}
