/** The microphone, while it is open: echo cancelled, 20 ms at a time, at the call's rate. */
import { MicError, type MicTrouble } from './line'

const TROUBLES: Record<string, MicTrouble> = {
  NotAllowedError: 'denied',
  SecurityError: 'insecure',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

export interface MicrophonePorts {
  rate: () => number
  said: (samples: Float32Array, rate: number) => void
  /** It was unplugged, or its permission was taken back. */
  lost: () => void
}

export class Microphone {
  #stream: MediaStream | undefined
  #source: MediaStreamAudioSourceNode | undefined
  #node: AudioWorkletNode | undefined
  #rate = 0

  constructor(
    private readonly context: AudioContext,
    private readonly ports: MicrophonePorts,
  ) {}

  /**
   * @param ready the audio thread's module is loaded
   * @throws MicError
   */
  async open(ready: Promise<void>): Promise<void> {
    if (!isSecureContext || !navigator.mediaDevices) throw new MicError('insecure')
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      })
      await ready
      for (const track of this.#stream.getAudioTracks()) {
        track.onended = () => {
          this.close()
          this.ports.lost()
        }
      }
      this.#source = new MediaStreamAudioSourceNode(this.context, { mediaStream: this.#stream })
      this.#plug()
    } catch (error) {
      this.close()
      const { name, message } = error as { name?: string; message?: string }
      throw new MicError(TROUBLES[name ?? ''] ?? 'failed', message)
    }
  }

  close(): void {
    this.#unplug()
    this.#source?.disconnect()
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null
      track.stop()
    }
    this.#stream = this.#source = undefined
  }

  #plug(): void {
    this.#rate = this.ports.rate()
    const options = { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' as const }
    const node = new AudioWorkletNode(this.context, 'callfloor-said', {
      ...options,
      processorOptions: { rate: this.#rate },
    })
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      this.ports.said(data, this.#rate)
      // A session that follows its call may go on at another rate.
      if (this.ports.rate() === this.#rate) return
      this.#unplug()
      this.#plug()
    }
    this.#source?.connect(node)
    this.#node = node
  }

  #unplug(): void {
    const node = this.#node
    this.#node = undefined
    if (!node) return
    node.port.onmessage = null
    node.port.postMessage('over')
    this.#source?.disconnect(node)
  }
}
