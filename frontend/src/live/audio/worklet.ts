/** The audio thread's two ends: what is heard, and what the microphone says. Loaded by ./engine into a context. */
import type { Frame } from './frames'
import { Playback } from './playback'
import { Resampler } from './resampler'

/** Of the audio thread; TypeScript's DOM library has no types for it. */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean
}
declare const registerProcessor: (name: string, processor: new (options: never) => AudioWorkletProcessor) => void
declare const sampleRate: number
declare const currentTime: number

class Heard extends AudioWorkletProcessor {
  readonly #playback = new Playback(sampleRate)
  #over = false
  #told = currentTime

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<Frame | 'over'>) => {
      if (data === 'over') this.#over = true
      else this.#playback.push(data)
    }
  }

  override process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [first, ...others] = outputs[0] ?? []
    if (first) this.#playback.render(first)
    if (currentTime - this.#told >= 1) {
      this.#told = currentTime
      this.port.postMessage(this.#playback.quality)
    }
    if (first) others.forEach((other) => other.set(first))
    return !this.#over
  }
}

class Said extends AudioWorkletProcessor {
  readonly #rate: number
  readonly #resampler: Resampler
  #rest = new Float32Array(0)
  #over = false

  constructor({ processorOptions }: { processorOptions: { rate: number } }) {
    super()
    this.#rate = processorOptions.rate
    this.#resampler = new Resampler(sampleRate, this.#rate)
    this.port.onmessage = () => (this.#over = true)
  }

  override process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0]
    if (samples) this.#give(this.#resampler.take(samples))
    return !this.#over
  }

  /** 20 ms at a time. */
  #give(samples: Float32Array): void {
    const length = this.#rate / 50
    const all = new Float32Array(this.#rest.length + samples.length)
    all.set(this.#rest)
    all.set(samples, this.#rest.length)
    let at = 0
    for (; at + length <= all.length; at += length) {
      const frame = all.slice(at, at + length)
      this.port.postMessage(frame, [frame.buffer])
    }
    this.#rest = all.slice(at)
  }
}

registerProcessor('callfloor-heard', Heard)
registerProcessor('callfloor-said', Said as unknown as new (options: never) => AudioWorkletProcessor)
