/** The server's clock as seen from here, estimated from the instants its frames carry. */

/** A sample is the true offset less the frame's travel time, so the largest of the last few is the best. */
const SAMPLES = 32
/** Beyond this the browser's own clock was set anew (or slept), and the old samples mean nothing. */
const JUMP_S = 5

export class ServerClock {
  #samples: number[] = []
  #offset = 0
  readonly #local: () => number

  /** @param local the browser's clock, in epoch seconds */
  constructor(local: () => number = () => Date.now() / 1000) {
    this.#local = local
  }

  /** A frame has just arrived that says what time it is at the server. */
  observe(serverTime: number): void {
    const sample = serverTime - this.#local()
    if (this.#samples.length && Math.abs(sample - this.#offset) > JUMP_S) this.#samples = []
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES) this.#samples.shift()
    this.#offset = Math.max(...this.#samples)
  }

  /** Server minus browser, in seconds. */
  get offset(): number {
    return this.#offset
  }

  /** Now, at the server, in epoch seconds. */
  now(): number {
    return this.#local() + this.#offset
  }
}
