/** Frames of sound on the line: a head of four bytes, then 20 ms of signed 16-bit little-endian samples. */

export const FRAME_MS = 20
const HEAD = 4

export interface Frame {
  /** 16 bits, one more each frame, beginning anywhere. */
  sequence: number
  /** Samples a second of each side. */
  rate: number
  /** One mono side, or the employee's and the client's. −1 to 1. */
  sides: Float32Array[]
}

/** Undefined where it is no frame of sound. */
export function decode(data: ArrayBuffer): Frame | undefined {
  if (data.byteLength < HEAD + 2 || data.byteLength % 2) return undefined
  const view = new DataView(data)
  const rate = view.getUint8(2) * 1000
  const count = view.getUint8(3)
  if (!rate || count < 1 || count > 2) return undefined
  const length = Math.floor((data.byteLength - HEAD) / 2 / count)
  const sides = Array.from({ length: count }, () => new Float32Array(length))
  sides.forEach((side, which) => {
    for (let i = 0, at = HEAD + which * 2; i < length; i++, at += 2 * count) side[i] = view.getInt16(at, true) / 32768
  })
  return { sequence: view.getUint16(0, true), rate, sides }
}

/** Mono, −1 to 1. */
export function encode(sequence: number, rate: number, samples: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(HEAD + samples.length * 2))
  view.setUint16(0, sequence & 0xffff, true)
  view.setUint8(2, rate / 1000)
  view.setUint8(3, 1)
  samples.forEach((sample, i) =>
    view.setInt16(HEAD + i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true),
  )
  return new Uint8Array(view.buffer)
}
