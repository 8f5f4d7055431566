/** How loud each channel is: made when somebody first asks, for from then on the sound goes through the page. */
export class Balance {
  readonly #context = new AudioContext()
  readonly #left: GainNode
  readonly #right: GainNode

  constructor(audio: HTMLAudioElement) {
    const source = this.#context.createMediaElementSource(audio)
    const split = this.#context.createChannelSplitter(2)
    const merged = this.#context.createChannelMerger(2)
    source.connect(split)
    const side = (channel: number) => {
      const gain = this.#context.createGain()
      split.connect(gain, channel)
      gain.connect(merged, 0, channel)
      return gain
    }
    this.#left = side(0)
    this.#right = side(1)
    merged.connect(this.#context.destination)
  }

  /** @param balance -1 is left alone, 0 both, 1 right alone */
  set(balance: number): void {
    void this.#context.resume()
    this.#left.gain.value = Math.min(1, 1 - balance)
    this.#right.gain.value = Math.min(1, 1 + balance)
  }

  close(): void {
    void this.#context.close()
  }
}
